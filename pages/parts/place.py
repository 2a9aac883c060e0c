"""What the address says, read in the browser: for what need not wait for the server."""

from typing import Final

import reflex as rx
from reflex.utils.imports import ImportVar
from reflex.vars import VarData

HOOKS: Final = (
    "const place = useLocation()",
    'const [asked, setAsked] = useState("")',
    "useLayoutEffect(() => setAsked(place.search), [place.search])",
)
"""The page was drawn before anybody asked for it with parameters, so these count from the first effect on."""
IMPORTS: Final[dict[str, list[str | ImportVar]]] = {
    "react-router": [ImportVar(tag="useLocation")],
    "react": [ImportVar(tag="useState"), ImportVar(tag="useLayoutEffect")],
}


def parameter(name: str) -> rx.Var[str]:
    """A parameter of the address; empty when it is not there."""
    return rx.Var(
        f'(new URLSearchParams(asked).get("{name}") ?? "")',
        _var_data=VarData(hooks=dict.fromkeys(HOOKS), imports=IMPORTS),
    ).to(str)
