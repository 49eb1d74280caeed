"""`collector/tools.py` makes real programs once, in silence afterwards, and says what to do when it cannot."""

import importlib.util
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import until

SCRIPT = Path(__file__).parents[2] / "collector" / "tools.py"
FAKE_GO = """#!/bin/sh
echo "$PWD $*" >> "$CALLS"
while [ $# -gt 0 ]; do [ "$1" = "-o" ] && echo program > "$2"; shift; done
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with folders of its own, no pauses and a Go that only notes what it was asked."""
    spec = importlib.util.spec_from_file_location("collector_tools", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "collector_tools", module)
    spec.loader.exec_module(module)
    for name in ("otelcol-agent", "jaeger", "prometheus", "victorialogs", "kafka"):
        (tmp_path / "here" / name).mkdir(parents=True)
        for pin in ("go.mod", "go.sum"):
            (tmp_path / "here" / name / pin).write_text(f"{name} {pin}\n")
    (tmp_path / "here" / "builder.yaml").write_text("dist: {}\n")
    program(tmp_path / "bin" / "go", FAKE_GO)
    monkeypatch.setattr(module, "GO_PROGRAMS", tuple(replace(one, patches=()) for one in module.GO_PROGRAMS))
    monkeypatch.setattr(module, "HERE", tmp_path / "here")
    monkeypatch.setattr(module, "BUILD", tmp_path / "build")
    monkeypatch.setattr(module, "PAUSES_S", (0.0, 0.0, 0.0))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")
    return module


def program(path: Path, text: str) -> None:
    """A script that can be run."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def calls(tmp_path: Path) -> list[str]:
    """What the fake program was asked, without the folder."""
    path = tmp_path / "calls"
    return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []


def test_a_program_is_built_once(tools: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time nothing is done and nothing is said."""
    assert 0 == tools.main(["prometheus"])
    first = capsys.readouterr().out
    asked = calls(tmp_path)
    assert 0 == tools.main(["prometheus"])

    assert "prometheus: building" in first
    assert "" == capsys.readouterr().out
    assert asked == calls(tmp_path)
    assert 2 == len(asked)
    assert {"prometheus", "promtool"} <= {path.name for path in (tmp_path / "build").iterdir()}


def test_the_collector_s_source_is_made_from_its_manifest(tools: ModuleType, tmp_path: Path) -> None:
    """The builder writes the source without touching the pins, then Go compiles it."""
    tools.main(["otelcol-agent"])
    made, compiled = calls(tmp_path)

    assert made.startswith("tool builder --config ")
    assert made.endswith(" --skip-get-modules --skip-compilation")
    assert "-tags=grpcnotrace" in compiled
    assert (tmp_path / "build" / "source" / "otelcol-agent" / "go.sum").exists()


@pytest.mark.parametrize("changed", ["otelcol-agent/go.mod", "otelcol-agent/go.sum", "builder.yaml"])
def test_changed_pins_are_built_anew(tools: ModuleType, tmp_path: Path, changed: str) -> None:
    """Whatever a program is made from counts."""
    tools.main(["otelcol-agent"])
    (tmp_path / "here" / changed).write_text("other\n")
    tools.main(["otelcol-agent"])

    assert 4 == len(calls(tmp_path))


def test_our_own_source_counts_and_goes_along(tools: ModuleType, tmp_path: Path) -> None:
    """A component of our own stands in the source that is compiled, and a change to it is built anew."""
    own = tmp_path / "here" / "otelcol-agent" / "ours" / "ours.go"
    program(own, "package ours\n")
    tools.main(["otelcol-agent"])
    copied = (tmp_path / "build" / "source" / "otelcol-agent" / "ours" / "ours.go").read_text()
    own.write_text("package ours // changed\n")
    tools.main(["otelcol-agent"])

    assert "package ours\n" == copied
    assert 4 == len(calls(tmp_path))


@pytest.mark.parametrize(("text", "is_right"), [("one\ntwo\n", True), ("one\none\n", False), ("three\n", False)])
def test_a_change_to_others_source_is_made_where_it_was_meant(
    tools: ModuleType, tmp_path: Path, text: str, is_right: bool
) -> None:
    """A pinned module is changed in a copy; one that is not what the change was written for is refused."""
    source, original = tmp_path / "source", tmp_path / "original"
    program(original / "it.go", text)
    (original / "it.go").chmod(0o444)
    source.mkdir()
    (source / "go.mod").write_text("require (\n\texample.com/it v1.2.3\n)\n")
    program(tmp_path / "bin" / "go", f"""#!/bin/sh\necho '{{"Dir": "{original}"}}'\n""")
    patch = tools.Patch("example.com/it", "it.go", (("one", "1"),))
    if is_right:
        tools.apply(patch, source)

        assert "1\ntwo\n" == (source / "it" / "it.go").read_text()
    else:
        with pytest.raises(tools.ToolError, match=r"example.com/it v1.2.3: it.go has 'one' [02] times, not once"):
            tools.apply(patch, source)
    assert text == (original / "it.go").read_text()


def test_a_program_that_is_gone_is_built_anew(tools: ModuleType, tmp_path: Path) -> None:
    """A stamp without its program is worth nothing."""
    tools.main(["jaeger"])
    (tmp_path / "build" / "jaeger").unlink()
    tools.main(["jaeger"])

    assert 2 == len(calls(tmp_path))


def test_two_at_once_build_once(tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, and finds the work done."""
    go_on = tmp_path / "both-have-asked"
    waiting = f'while [ ! -e "{go_on}" ]; do sleep 0.02; done; echo program'
    program(tmp_path / "bin" / "go", FAKE_GO.replace("echo program", waiting))
    asked: list[str] = []
    locked = tools.locked

    def noted(name: str) -> Any:
        asked.append(name)
        return locked(name)

    monkeypatch.setattr(tools, "locked", noted)
    threads = [threading.Thread(target=tools.main, args=(["jaeger"],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(asked) == 2)
    go_on.touch()
    for thread in threads:
        thread.join(30)

    assert 1 == len(calls(tmp_path))


def test_what_fails_is_tried_again(tools: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A network that is away for a while costs a pause."""
    program(
        tmp_path / "bin" / "go", '#!/bin/sh\n[ -e "$CALLS" ] || { : > "$CALLS"; echo no route; exit 1; }\n' + FAKE_GO
    )

    assert 0 == tools.main(["jaeger"])
    assert "no route" in capsys.readouterr().out


def test_what_keeps_failing_is_said(tools: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After four tries the message holds what the program said; nothing half-made is left."""
    program(tmp_path / "bin" / "go", '#!/bin/sh\necho "x $*" >> "$CALLS"\necho checksum mismatch\nexit 1\n')

    assert 1 == tools.main(["jaeger"])
    assert "failed four times; at last it said:\nchecksum mismatch" in capsys.readouterr().err
    assert 4 == len(calls(tmp_path))
    assert not (tmp_path / "build" / "jaeger").exists()


def test_a_step_that_hangs_is_ended(tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No step takes longer than it may."""
    monkeypatch.setattr(tools, "STEP_TIMEOUT_S", 0.2)
    monkeypatch.setattr(tools, "PROGRESS_S", 0.1)
    began_s = time.monotonic()
    with pytest.raises(tools.ToolError, match="took longer than"):
        tools.step(["sleep", "60"], tmp_path, os.environ)

    assert time.monotonic() - began_s < 50


def test_a_step_that_takes_long_says_so(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who waits sees now and then that something is going on, and what."""
    monkeypatch.setattr(tools, "PROGRESS_S", 0.01)
    tools.step(["sh", "-c", "sleep 0.2"], tmp_path, os.environ)

    assert "… 0 s: sh -c" in capsys.readouterr().out


def test_a_machine_without_go_is_told(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert 1 == tools.main(["jaeger"])
    assert "jaeger is built with Go 1.26 or later, which is not on the path" in capsys.readouterr().err


def test_unknown_names_are_said(tools: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name ends with 2 and the names there are."""
    with pytest.raises(SystemExit) as caught:
        tools.main(["jager"])

    assert 2 == caught.value.code
    assert (
        "there is no 'jager'; known are otelcol-agent, prometheus, jaeger, victorialogs, kafka, debian"
        in capsys.readouterr().err
    )


def test_debian_s_packages_are_installed_without_their_services(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is missing is installed, with the run level in which no service starts."""
    monkeypatch.setattr(tools, "find_program", lambda name: "/there" if name == "postgres" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(tmp_path / "bin" / "apt-get", '#!/bin/sh\necho "x $RUNLEVEL $DEBIAN_FRONTEND $*" >> "$CALLS"\n')

    assert 0 == tools.main(["debian"])
    assert [
        "1 noninteractive -qq update",
        "1 noninteractive -qq install --yes --no-install-recommends prometheus-alertmanager",
    ] == calls(tmp_path)


def test_debian_s_packages_that_are_there_are_left_alone(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With every program in place nothing is asked of anybody."""
    monkeypatch.setattr(tools, "find_program", lambda _: "/there")

    assert 0 == tools.main(["debian"])
    assert [] == calls(tmp_path)


def test_who_may_not_install_is_told_what_to_do(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the right to install, the command is named."""
    monkeypatch.setattr(tools, "find_program", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert 1 == tools.main(["debian"])
    assert "as root, apt-get install prometheus-alertmanager postgresql" in capsys.readouterr().err
