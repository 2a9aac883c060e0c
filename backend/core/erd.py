"""Draws the models as DBML (dbdiagram.io) for `docs/ERD.dbml`, so that the drawing cannot drift from the tables."""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Column, Computed, ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def render(metadata: MetaData) -> str:
    """The whole schema as DBML text, tables in alphabetical order, ending in a newline."""
    blocks = ['Project CTI {\n  database_type: "PostgreSQL"\n  note: "Generated from the models by `make erd`"\n}']
    blocks += [_table(metadata.tables[name]) for name in sorted(metadata.tables)]
    blocks.append("\n".join(line for name in sorted(metadata.tables) for line in _references(metadata.tables[name])))
    return "\n\n".join(blocks) + "\n"


def _table(table: Table) -> str:
    lines = [f"Table {table.name} {{"]
    lines += [f"  {_column(column)}" for column in table.columns]
    lines += ["", "  indexes {", *(f"    {line}" for line in _indexes(table)), "  }"]
    checks = sorted(_checks(table))
    if checks:
        lines += ["", f"  note: '''{'; '.join(checks)}'''"]
    return "\n".join([*lines, "}"])


def _column(column: Column[object]) -> str:
    traits = ["pk"] if column.primary_key else []
    traits += [] if column.nullable or column.primary_key else ["not null"]
    traits += [
        f"ref: > {key.column.table.name}.{key.column.name}" for key in column.foreign_keys if _is_single(key.constraint)
    ]
    if column.server_default is not None and not isinstance(column.server_default, Computed):
        text = getattr(column.server_default, "arg", None)
        traits += [f"default: '{text}'" if isinstance(text, str) else f"default: `{text}`"]
    kind = column.type.compile(dialect=DIALECT).lower()
    quoted = f'"{kind}"' if "," in kind or " " in kind else kind
    return f"{column.name} {quoted}" + (f" [{', '.join(traits)}]" if traits else "")


def _is_single(constraint: ForeignKeyConstraint | None) -> bool:
    return constraint is None or len(constraint.columns) == 1


def _references(table: Table) -> Iterator[str]:
    """References of several columns, which DBML wants outside of its tables."""
    several = [constraint for constraint in table.foreign_key_constraints if not _is_single(constraint)]
    for constraint in sorted(several, key=lambda item: str(item.name)):
        here = ", ".join(column.name for column in constraint.columns)
        there = ", ".join(element.column.name for element in constraint.elements)
        yield f"Ref: {table.name}.({here}) > {constraint.referred_table.name}.({there})"


def _indexes(table: Table) -> Iterator[str]:
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    for constraint in sorted(unique, key=lambda item: str(item.name)):
        yield f"({', '.join(column.name for column in constraint.columns)}) [unique, name: '{constraint.name}']"
    for index in sorted(table.indexes, key=lambda item: str(item.name)):
        parts = ", ".join(_index_part(str(expression)) for expression in index.expressions)
        traits = [*(["unique"] if index.unique else []), f"name: '{index.name}'"]
        method = index.dialect_options["postgresql"]["using"]
        traits += [f"type: {method}"] if method else []
        yield f"({parts}) [{', '.join(traits)}]"


def _index_part(expression: str) -> str:
    plain = expression.rsplit(".", 1)[-1]
    return plain if plain.replace("_", "").isalnum() else f"`{expression}`"


def _checks(table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield str(constraint.sqltext).replace("'", '"')
