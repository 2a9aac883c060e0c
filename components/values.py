"""What components take: a plain value, or a var of a state, which a type checker sees as the value it holds."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

Text = str | rx.Var[str]
Flag = bool | rx.Var[bool]
Rows = Sequence[Any] | rx.Var[Any]
