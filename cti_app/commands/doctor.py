"""`cti doctor`: say what is missing or wrong, and the remedy. Exit code 3 when something is wrong."""

from dataclasses import asdict

import typer
from rich.table import Table

from cti_app.commands.output import Exit, JsonOption, Output, print_json, speaking
from cti_app.commands.run import DataDirOption, PortOption, chosen_settings
from cti_app.doctor import Finding, examine

MARKS = {
    "ok": "[green]✓[/green]",
    "warning": "[yellow]![/yellow]",
    "wrong": "[red]✗[/red]",
    "skipped": "[dim]-[/dim]",
}


def doctor(port: PortOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 (a flag)
    """Say what is missing or wrong here, and the remedy."""
    with speaking(as_json=as_json) as output:
        findings = list(examine(chosen_settings(port, data_dir)))
        _show(output, findings)
    if any(finding.wrong for finding in findings):
        raise typer.Exit(Exit.NOT_CONFIGURED)


def _show(output: Output, findings: list[Finding]) -> None:
    wrong = [finding for finding in findings if finding.wrong]
    if output.as_json:
        print_json({"healthy": not wrong, "findings": [asdict(finding) for finding in findings]})
        return
    output.console.print(_table(findings))
    verdict = "Nothing is wrong." if not wrong else f"{len(wrong)} to mend: {', '.join(item.check for item in wrong)}."
    output.console.print(verdict, style="green" if not wrong else "red")


def _table(findings: list[Finding]) -> Table:
    table = Table.grid(padding=(0, 1))
    for finding in findings:
        table.add_row(MARKS[finding.status], f"[bold]{finding.check}[/bold]", finding.detail)
        if finding.remedy:
            table.add_row("", "", f"[cyan]→ {finding.remedy}[/cyan]")
    return table
