"""Lets schemathesis throw what the vendor's specifications allow, and what they do not, at every operation that the twin serves.

    fuzz.py SPECIFICATIONS FOLDER SCHEMATHESIS [EXAMPLES]

SPECIFICATIONS and FOLDER are as for tour.py; SCHEMATHESIS is the fuzzer's program, EXAMPLES how many it makes for an operation.
The environment is the twin's env file.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from report import check, end
from service import ARM, Specification, assemble, send, token

# What names have to be for a call to get past the path.
NAMES = {
    "subscriptionId": os.environ["SUBSCRIPTION"],
    "resourceGroupName": os.environ["RESOURCE_GROUP"],
    "workspaceName": os.environ["WORKSPACE_NAME"],
    "workspaceId": os.environ["WORKSPACE_ID"],
    "scope": f"subscriptions/{os.environ['SUBSCRIPTION']}",
    "scopeId": f"subscriptions/{os.environ['SUBSCRIPTION']}",
    "settingName": "Sentinel",
}
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"


def pin(value, version):
    """Gives the names in a specification the only values that there are."""
    if isinstance(value, list):
        return [pin(item, version) for item in value]
    if not isinstance(value, dict):
        return value
    pinned = {name: pin(item, version) for name, item in value.items() if name != "x-ms-examples"}
    if value.get("in") in ("path", "query") and "name" in value:
        only = {"api-version": version, **NAMES}.get(value["name"])
        if only:
            pinned = {name: item for name, item in pinned.items() if name not in ("minLength", "maxLength", "pattern", "format")}
            pinned |= {"type": "string", "enum": [only]}
    return pinned


def main(source, folder, schemathesis, examples):
    plain, pinned = folder / "plain", folder / "pinned"
    assemble(source, plain)
    shutil.rmtree(pinned, ignore_errors=True)
    raised = [send("POST", f"{ARM}/_twin/alerts", {"kind": kind})[2]["value"][0] for kind in ("DNS", "SqlServers")]
    NAMES.update(ascLocation=raised[0]["id"].split("/locations/")[1].split("/")[0], alertName=raised[0]["name"])
    served = send("GET", f"{ARM}/_twin/operations")[2]["value"]
    for file in plain.rglob("*.json"):
        place = pinned / file.relative_to(plain)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = json.loads(file.read_text("utf-8-sig"))
        place.write_text(json.dumps(pin(text, text.get("info", {}).get("version"))))
    for file in sorted(pinned.rglob("*.json")):
        specification = Specification(file)
        # Managed identity is served elsewhere, and needs no token.
        paths = {} if file.name == "imds.json" else specification.text.get("paths") or {}
        kept = {}
        for template, operations in paths.items():
            concrete = re.sub(r"\{(\w+)\}", lambda name: NAMES.get(name[1], "any"), (specification.text.get("basePath") or "").rstrip("/") + template)
            own = {
                method: operation
                for method, operation in operations.items()
                if any(serves(one, method, concrete, specification.version) for one in served)
            }
            if own:
                template, own = scoped(template, own)
                kept[template] = own
        if kept:
            file.write_text(json.dumps(specification.text | {"paths": kept}))
            base = ARM + (specification.text.get("basePath") or "").rstrip("/")
            name = f"{specification.version} {file.name}"
            check(f"fuzz: {name}, {sum(map(len, kept.values()))} operations", fuzz, schemathesis, file, base, folder, examples)
    end()


def scoped(template, operations):
    """The path with its scope written out: a value of several segments would be sent as one."""
    found = re.match(r"/\{(scope|scopeId)\}", template)
    if not found:
        return template, operations
    own = lambda one: one.get("name") == found[1] or re.search(r"/Scope(Id|ResourceId|Parameter)?$", one.get("$ref", ""))
    for operation in operations.values():
        operation["parameters"] = [one for one in operation["parameters"] if not own(one)]
    return template.replace(found[0], f"/{NAMES[found[1]]}"), operations


def serves(operation, method, path, version):
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation["path"]))
    known = not operation["versions"] or version in operation["versions"]
    return known and operation["method"].lower() == method and re.fullmatch(pattern, path if path.startswith("/") else f"/{path}", re.I)


def fuzz(schemathesis, file, base, folder, examples):
    bearer = token(os.environ["TWIN_LOGS"] if "data-plane" in str(file) and "preview" not in str(file) else ARM)
    words = [schemathesis, "run", file, "--url", base, "--header", f"Authorization:Bearer {bearer}", "--checks", CHECKS]
    words += ["--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", "7", "--continue-on-failure"]
    words += ["--tls-verify", os.environ["TWIN_CA"], "--suppress-health-check", "all", "--no-color", "--request-timeout", "20"]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, cwd=folder, env=os.environ | {"HOME": str(folder)})
    failures = done.stdout.split("= FAILURES =", 1)[-1]
    cases = re.split(r"\n\d+\. Test Case ID", failures)[1:]
    # To a query without a content type the service is documented to answer 200 and nothing.
    wrong = [one for one in cases if not ("<EMPTY>" in one and "[200]" in one and "/query" in one)]
    if done.returncode and (wrong or not cases):
        print(done.stdout, file=sys.stderr)
        raise AssertionError((wrong or [done.stdout[-2000:]])[0][:1500] + done.stderr[-300:])


main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else "30")
