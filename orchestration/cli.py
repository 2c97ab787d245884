"""The `liia` command. Bodies stay small; heavy imports stand inside the commands that need them.

Exit codes: 0 done, 1 blocked (a gate failed, or a finding that blocks), 2 wrong usage, 130 stopped
by Ctrl-C.
"""

import json
import os
import sys
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ingestion.kept import for_good
from orchestration import home as homes

if TYPE_CHECKING:
    from ingestion.periods import Quarter

app = typer.Typer(
    name="liia",
    help="An alliance's children's services data platform: from landing zone to outputs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Bound to the real stream: while dbt runs, sys.stdout is the log file.
console = Console(file=sys.stdout, highlight=False)
errors = Console(stderr=True, highlight=False)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where the platform keeps its things (LIIA_HOME; default .liia)."),
]
LandingOption = Annotated[
    Path | None,
    typer.Option(
        "--landing", help="A landing zone kept elsewhere (default: landing/ in the home)."
    ),
]


def _stop(message: str, code: int) -> NoReturn:
    errors.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def _quarter(text: str) -> "Quarter":
    """The quarter that an option names; ends with 2 where it names none."""
    from ingestion.periods import Quarter

    try:
        return Quarter.parse(text)
    except ValueError as error:
        _stop(str(error), 2)


def _needs_marts(place: homes.Home, published: Path) -> None:
    if not published.exists():
        _stop(f"No marts are published at {place.root} yet; run: liia run --quarter 2025-26-Q2", 1)


def _needs_platform() -> None:
    """The pipeline runs from a checkout with the extra `platform`; say so before anything fails."""
    if find_spec("dagster") is None or not homes.DBT_PROJECT.is_dir():
        _stop(
            "This command runs from a checkout with everything installed (make setup); the light "
            "install has demo, check, screen, explain and template.",
            2,
        )


@app.command()
def demo(
    dest: Annotated[
        Path, typer.Option("--dest", help="An empty or new folder for the landing zone.")
    ],
) -> None:
    """Write a synthetic landing zone: returns, published files, Annex A workbooks; all invented."""
    from ingestion.sample import write_landing_zone

    try:
        summary = write_landing_zone(dest)
    except FileExistsError as error:
        _stop(str(error), 2)
    names = {"published": "published files", "annex_a": "Annex A workbooks"}
    files = ", ".join(f"{n} {names.get(source, source)}" for source, n in summary.files.items())
    console.print(f"SYNTHETIC landing zone written to {dest}: {files}.", soft_wrap=True)


@app.command()
def run(
    quarter: Annotated[str, typer.Option("--quarter", help="The quarter, like 2025-26-Q2.")],
    landing: LandingOption = None,
    home: HomeOption = None,
    allow_withdrawals: Annotated[
        bool,
        typer.Option(
            "--allow-withdrawals", help="Go on where a source has no file left: its figures go."
        ),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            help="After a late or re-sent file: read return, annex_a, published or narrative alone,"
            " and make what is made of it.",
        ),
    ] = None,
) -> None:
    """Run one quarter through Dagster: ingest, gates, marts, publication, outputs."""
    from ingestion.landing import FOLDERS

    chosen = _quarter(quarter)
    if source and source not in FOLDERS:
        _stop(f"There is no source {source!r}. It is one of {', '.join(FOLDERS)}.", 2)
    place = homes.from_environment(home, landing)
    if not place.landing.is_dir():
        _stop(
            f"There is no landing zone at {place.landing}. Make one with returns/, annex_a/ and "
            "published/ inside, or write a synthetic one with: liia demo --dest "
            f"{place.landing}",
            2,
        )
    _needs_platform()
    from orchestration import dbt_process, interrupt
    from orchestration.helped import helpers

    # What runs beside this imports its own meanwhile; one after the other, so that there is a
    # processor left for Dagster.
    with interrupt.ends_soon(_say_stopped), dbt_process.waiting():
        with for_good():
            from orchestration.runner import run_quarter

        with helpers():
            code = run_quarter(place, chosen, console, allow_withdrawals, source)
    raise typer.Exit(code)


def _say_stopped() -> None:
    console.print(
        "Stopped by Ctrl-C. What readers see is whole, the old or the new; run again to go on.",
        soft_wrap=True,
    )


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A return, an Annex A workbook or a published CSV.")],
    kind: Annotated[
        str | None,
        typer.Option(
            "--as", help="return, annex_a, published or narrative; told from the file if left out."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            help="A folder for a report page, its JSON and a copy of the file with each finding "
            "marked on its cell. They quote cells: keep them where the file may be kept.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Check a file before sending it: the pipeline's own rules, offline, nothing sent or stored."""
    from ingestion.check import KINDS, check_file
    from orchestration.check_text import lines

    if not file.is_file():
        _stop(f"There is no file {file}.", 2)
    if kind is not None and kind not in KINDS:
        _stop(f"--as takes one of {', '.join(KINDS)}, not {kind!r}.", 2)
    if report is not None and report.exists() and not report.is_dir():
        _stop(f"--report takes a folder, and {report} is a file.", 2)
    result = check_file(file, kind, homes.from_environment(home).root)
    if as_json:
        sys.stdout.write(json.dumps(result, indent=2, default=str) + "\n")
    else:
        for line in lines(result):
            console.print(line, markup=False, soft_wrap=True)
    if report is not None:
        from exports.sender_report import write_report

        # With --json, standard output is for a program.
        say = errors if as_json else console
        say.print("\nWritten:", markup=False)
        for path in write_report(result, file, report):
            say.print(f"  {path}", markup=False, soft_wrap=True)
    raise typer.Exit(0 if result["accepted"] else 1)


@app.command()
def screen(
    data: Annotated[Path, typer.Argument(help="The data file, name.csv.")],
    meta: Annotated[
        Path | None,
        typer.Argument(help="Its meta file; name.meta.csv beside it if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    lists: Annotated[
        Path | None,
        typer.Option(
            "--lists",
            envvar="LIIA_EES_LISTS",
            help="A folder with DfE's own lists (data-dictionary.csv and others).",
        ),
    ] = None,
) -> None:
    """Screen a CSV pair against DfE's open data standard, offline; nothing sent or stored."""
    from ingestion.screening import screen as run_checks
    from ingestion.screening.lists import ListError
    from orchestration.screen_text import lines

    for file in (data, meta):
        if file is not None and not file.is_file():
            _stop(f"There is no file {file}.", 2)
    if lists is not None and not lists.is_dir():
        _stop(f"There is no folder {lists} (--lists, LIIA_EES_LISTS).", 2)
    try:
        report = run_checks(data, meta, lists)
    except ListError as error:
        _stop(str(error), 2)
    if as_json:
        sys.stdout.write(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        for line in lines(data.name, report):
            console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(0 if report.passed else 1)


@app.command()
def template(
    quarter: Annotated[str, typer.Option("--quarter", help="The quarter, like 2025-26-Q2.")],
    dest: Annotated[Path, typer.Option("--dest", help="The folder to write to.")],
    la: Annotated[
        str | None,
        typer.Option("--la", help="One authority: short code, GSS code or name; all if left out."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write the return templates of a quarter, for authorities to fill in and send back."""
    from exports import return_templates
    from exports.marts import MartError
    from ingestion.landing import la_code
    from ingestion.periods import Quarter
    from ingestion.region import REGION

    code = la_code(la) if la is not None else None
    if la is not None and code is None:
        _stop(f"{la!r} is not a {REGION.name} authority; write it like {REGION.like}.", 2)
    if dest.exists() and not dest.is_dir():
        _stop(f"{dest} is a file; --dest names a folder.", 2)
    place = homes.from_environment(home)
    try:
        chosen = Quarter.parse(quarter)
        codes = return_templates.participants(chosen) if code is None else [code]
        previous = return_templates.previous_figures(chosen, place.marts)
        written = return_templates.issue(chosen, codes, dest, place.marts)
    except (ValueError, FileExistsError) as error:
        _stop(str(error), 2)
    except MartError as error:
        _stop(str(error), 1)
    console.print(
        f"{len(codes)} return template{'s' * (len(codes) > 1)} for {chosen.label} written to "
        f"{dest}: {len(written)} files, each template as .xlsx and .csv.",
        markup=False,
        soft_wrap=True,
    )
    label = chosen.shift(-1).label
    if previous is None:
        told = f"Previous quarter ({label}) left empty: no marts are published at {place.root}."
    else:
        filled = sum(code in previous for code in codes)
        told = f"Previous quarter ({label}) filled in for {filled} of {len(codes)}."
    console.print(told, markup=False, soft_wrap=True)


@app.command()
def fetch_published(
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="A file name of the list; may be given several times."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be asked, and ask nothing.")
    ] = False,
    sources: Annotated[
        Path | None,
        typer.Option("--sources", help="Another list of addresses and data sets (YAML)."),
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Fetch DfE's published files into the landing zone; those that have not changed stay."""
    from ingestion.contract import ContractError
    from ingestion.landing import is_synthetic
    from ingestion.published_sources import PACKAGED, load_sources

    source_file = sources or PACKAGED
    try:
        listed = load_sources(source_file)
        chosen = listed.chosen(only or [])
    except (ContractError, OSError, ValueError) as error:
        _stop(str(error), 2)
    place = homes.from_environment(home, landing)
    if not place.landing.is_dir():
        _stop(f"There is no landing zone at {place.landing}. Make the folder first.", 2)
    if is_synthetic(place.landing):
        _stop(f"{place.landing} is a synthetic landing zone; real figures go into another.", 2)
    _needs_platform()
    from orchestration.fetching import fetch

    raise typer.Exit(fetch(place.landing, listed, source_file, chosen, dry_run, console))


@app.command()
def releases(
    quarter: Annotated[
        str | None,
        typer.Option("--quarter", help="The quarter (default: the one that ended last)."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="As if it were this day, like 2026-07-01 (default: today)."),
    ] = None,
    log: Annotated[
        bool,
        typer.Option("--log", help="What was released, from the egress log, and whether it holds."),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Who would be given which product and who not, and why; with --log, what was released."""
    from exports.release.register import RegisterError
    from ingestion.landing import LONDON
    from ingestion.periods import Quarter
    from orchestration import release_text

    try:
        day = date.fromisoformat(on) if on else datetime.now(LONDON).date()
    except ValueError:
        _stop(f"{on!r} is not a day; write it like 2026-07-01.", 2)
    chosen = _quarter(quarter) if quarter else None
    place = homes.from_environment(home)
    try:
        if log:
            lines, sound = release_text.log_lines(place.registers, chosen)
        else:
            latest = Quarter.containing(day).shift(-1)
            lines, sound = release_text.ruling_lines(chosen or latest, day)
    except RegisterError as error:
        _stop(str(error), 1)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)


@app.command()
def deliver(
    quarter: Annotated[str, typer.Option("--quarter", help="The quarter, like 2025-26-Q2.")],
    product: Annotated[
        str | None, typer.Option("--product", help="One product, like dfe; all if left out.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Deliver what was released to the recipients that have an address in delivery.yml, again."""
    chosen = _quarter(quarter)
    place = homes.from_environment(home)
    if not place.addresses.is_file():
        _stop(
            f"There is no {place.addresses}, so nobody has an address: see Delivery in "
            "docs/release.md.",
            2,
        )
    _needs_platform()
    from exports.catalogue import PRODUCTS
    from orchestration.delivering import deliver as deliver_released

    if product is not None and product not in PRODUCTS:
        _stop(f"{product!r} is not a product; there are {', '.join(PRODUCTS)}.", 2)
    products = [product] if product else list(PRODUCTS)
    raise typer.Exit(deliver_released(place, chosen, products, console))


@app.command()
def notify(
    quarter: Annotated[str, typer.Option("--quarter", help="The quarter, like 2025-26-Q2.")],
    what: Annotated[
        str,
        typer.Option("--what", help="missing, blocked (the quarter's last run) or published."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent to whom; send nothing.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Send a notice now: who has not returned, what is blocked, or what was published."""
    chosen = _quarter(quarter)
    _needs_platform()
    from exports.notices.notice import Kind
    from orchestration.notices.command import notify as send_notice
    from orchestration.notices.settings import SettingsError

    if what not in list(Kind):
        _stop(f"--what takes one of {', '.join(Kind)}, not {what!r}.", 2)
    place = homes.from_environment(home)
    try:
        raise typer.Exit(send_notice(place, chosen, Kind(what), dry_run, console))
    except SettingsError as error:
        _stop(str(error), 2)


@app.command()
def purge(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what is due, and delete nothing.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="As if it were this day, like 2026-07-01 (default: today)."),
    ] = None,
    without_figures: Annotated[
        bool,
        typer.Option(
            "--without-figures",
            help="Delete also extracts whose figures no run has counted yet: they are lost.",
        ),
    ] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Delete child-level data kept longer than the rules of retention say; their figures stay."""
    from ingestion.landing import LONDON

    try:
        day = date.fromisoformat(as_of) if as_of else datetime.now(LONDON).date()
    except ValueError:
        _stop(f"{as_of!r} is not a day; write it like 2026-07-01.", 2)
    place = homes.from_environment(home, landing)
    if not place.root.is_dir():
        _stop(f"There is no home at {place.root}.", 2)
    if not place.landing.is_dir():
        _stop(f"There is no landing zone at {place.landing}.", 2)
    from orchestration.purging import purge as delete_due

    raise typer.Exit(delete_due(place, day, dry_run, without_figures, console))


@app.command()
def health(
    unattended: Annotated[
        bool,
        typer.Option("--unattended", help="Daemon and runs by the calendar have to be there."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Whether this installation is well: home, disk, history, daemon, marts, last run; 1 if not."""
    _needs_platform()
    from ingestion.landing import LONDON
    from orchestration import health as asked

    place = homes.from_environment(home, landing)
    if not place.root.is_dir():
        _stop(f"There is no home at {place.root}.", 2)
    lines = asked.examine(place, datetime.now(LONDON), unattended)
    if as_json:
        sys.stdout.write(json.dumps(asked.as_json(place, lines), indent=2) + "\n")
    else:
        for line in asked.text(lines):
            console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(0 if asked.healthy(lines) else 1)


@app.command()
def backup(
    to: Annotated[
        Path, typer.Option("--to", help="The folder that gets it, on another disk and encrypted.")
    ],
    without_landing: Annotated[
        bool,
        typer.Option("--without-landing", help="Leave the landing zone out: it is kept elsewhere."),
    ] = False,
    keep_days: Annotated[
        int | None,
        typer.Option("--keep-days", min=1, help="Then delete this home's older backups there."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the end of a run instead of stopping.")
    ] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Copy what a home cannot build again; child-level data is in it, as in the home."""
    from ingestion.landing import LONDON
    from ingestion.lock import AtWork
    from orchestration.backup import NoBackup, forget
    from orchestration.backup import backup as copy

    place = homes.from_environment(home, landing)
    if not place.root.is_dir():
        _stop(f"There is no home at {place.root}.", 2)
    now = datetime.now(LONDON)
    try:
        made, manifest = copy(place, to, now, without_landing, wait)
    except (AtWork, NoBackup) as error:
        _stop(str(error), 1)
    lines = [f"{len(manifest.files)} files, {manifest.size / 1e6:.1f} MB: {made}"]
    lines += [f"Left out: {left}." for left in manifest.left_out]
    if manifest.child_level:
        held = ", ".join(manifest.child_level)
        lines.append(f"It holds child-level data ({held}): same access, same retention.")
    if keep_days is not None:
        lines += [
            f"Deleted, older than {keep_days} days: {old}"
            for old in forget(to, place, keep_days, now)
        ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A folder liia-backup-... of `liia backup`.")],
    home: Annotated[Path, typer.Option("--home", help="The new home: a folder not there yet.")],
) -> None:
    """Bring a backup back as a new home, once every file is as it was written."""
    from orchestration.restore import HomeInUse, NotRestored, next_steps
    from orchestration.restore import restore as bring_back

    root = home.resolve()
    try:
        manifest = bring_back(source, root)
    except HomeInUse as error:
        _stop(str(error), 2)
    except NotRestored as error:
        _stop(str(error), 1)
    done = f"{len(manifest.files)} files of {manifest.made_at}, each as it was written: {root}"
    for line in [done, *next_steps(manifest, root)]:
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="SQL on the published marts.")],
    home: HomeOption = None,
) -> None:
    """Ask the published marts in SQL, for example: liia sql "from mart_tartan_rug limit 5"."""
    _needs_platform()
    import duckdb

    place = homes.from_environment(home)
    _needs_marts(place, place.analyst)
    try:
        with duckdb.connect(str(place.analyst), read_only=True) as connection:
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall()
    except duckdb.Error as error:
        _stop(str(error), 2)
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


@app.command()
def explain(
    la: Annotated[
        str,
        typer.Option("--la", help="An authority or area: short code, GSS or DfE code, or name."),
    ],
    indicator: Annotated[str, typer.Option("--indicator", help="The indicator’s code.")],
    period: Annotated[
        str, typer.Option("--period", help="A quarter like 2025-26-Q2, or a year of DfE’s.")
    ],
    source: Annotated[
        str | None,
        typer.Option("--source", help="return, chat or published (default: all that have it)."),
    ] = None,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Where one number comes from: formula, file, sheet, cell, rules and earlier versions."""
    from dataclasses import asdict

    from exports.marts import MartError
    from orchestration.explain.asked import NotThere
    from orchestration.explain.gather import explain as gather
    from orchestration.explain.text import lines

    place = homes.from_environment(home)
    _needs_marts(place, place.marts / "fct_indicator.parquet")
    try:
        told = gather(place, la, indicator, period, source)
    except NotThere as error:
        _stop(str(error), 2)
    except MartError as error:
        _stop(str(error), 1)
    if as_json:
        sys.stdout.write(json.dumps(asdict(told), indent=2, ensure_ascii=False) + "\n")
        return
    for line in lines(told):
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def ui(
    home: HomeOption = None,
    landing: LandingOption = None,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI for this home on 127.0.0.1, with the scheduler running."""
    _needs_platform()
    place = homes.from_environment(home, landing)
    place.prepare()
    homes.export(place)
    console.print(f"Dagster for {place.root}: http://127.0.0.1:{port} (Ctrl-C stops it)")
    _become("dagster", "dev", "-w", homes.PROJECT / "workspace.yaml", *_at(port))


@app.command()
def serve(
    part: Annotated[str, typer.Argument(help="code, webserver or daemon.")],
    home: HomeOption = None,
    landing: LandingOption = None,
    port: Annotated[
        int, typer.Option("--port", help="Port of the web server on 127.0.0.1.")
    ] = 3000,
) -> None:
    """One of the three processes of an installation, for the machine's service manager.

    code has loaded the definitions and starts runs; webserver is the UI, on 127.0.0.1; daemon has
    schedules, sensors and the queue. LIIA_CODE_PORT says where they find code.
    """
    if part not in ("code", "webserver", "daemon"):
        _stop(f"There is no part {part!r}: code, webserver or daemon.", 2)
    _needs_platform()
    place = homes.from_environment(home, landing)
    homes.export(place)
    workspace = ("-w", homes.DEPLOYMENT / "workspace.yaml")
    if part == "code":
        place.prepare()
        module = ("-m", "orchestration.definitions", "--location-name", "liia")
        _become("dagster", "api", "grpc", *module, *_at(homes.code_port()))
    # These two need no more than Dagster's own folder, and see no more (docs/deployment.md).
    place.settle_dagster()
    if part == "webserver":
        _become("dagster-webserver", *workspace, *_at(port))
    _become("dagster-daemon", "run", *workspace)


def _at(port: object) -> tuple[object, ...]:
    """Options of Dagster's servers, all of which listen on this machine alone."""
    return ("-h", "127.0.0.1", "-p", port)


def _become(command: str, *options: object) -> NoReturn:
    """End this process as that command."""
    sys.stdout.flush()
    os.execvp(command, [command, *map(str, options)])  # noqa: S606


def main() -> None:
    from ingestion.contract import ContractError
    from ingestion.whole import Damaged
    from orchestration.trouble import in_words

    try:
        app()
    except homes.SettingsError as error:
        _end(str(error), 2)
    except (ContractError, Damaged, homes.HomeTooNew) as error:
        _end(str(error))
    except Exception as error:
        told = in_words(error) or (str(error) if isinstance(error, OSError) else None)
        if told is None:
            raise
        _end(told)


def _end(message: str, code: int = 1) -> NoReturn:
    errors.print(message, markup=False, soft_wrap=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
