"""The command line `cti`.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 a setting or an installed program is missing or wrong ·
4 a service cannot be reached, or is already in use · 5 refused: the input is wrong or conflicts with what is stored.
With `--json` every command prints one JSON document (`cti up` and `cti demo`: one a line), errors included.
"""

import typer

from cti_app.commands import audit, batches, demo, devices, doctor, grade, models, run, simulate, users

app = typer.Typer(
    name="cti",
    help="CTI: from a probe in the barn to a reviewed measurement in the browser.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(run.up)
app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate)
app.command("migrate")(run.migrate_database)
app.add_typer(users.app, name="user")
app.add_typer(devices.app, name="device")
app.command("grade")(grade.grade)
app.add_typer(models.app, name="models")
app.add_typer(batches.app, name="batch")
app.add_typer(audit.app, name="audit")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Entry point of the `cti` script."""
    app()


if __name__ == "__main__":
    main()
