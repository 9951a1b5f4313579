"""The twin and the vendor's specifications, as tour.py and fuzz.py see them. The environment is the twin's env file."""

import json
import os
import re
import shutil
import ssl
import urllib.error
import urllib.parse
import urllib.request

ARM = os.environ["TWIN_ARM"]
trust = ssl.create_default_context(cafile=os.environ["TWIN_CA"])


def send(method, url, body=None, headers=()):
    """Sends one request; answers the status, the headers and the body as JSON, or as text where it is none."""
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, context=trust) as answer:
            status, received, text = answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        status, received, text = error.code, dict(error.headers), error.read().decode()
    try:
        return status, received, json.loads(text)
    except ValueError:
        return status, received, text


def token(service):
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "scope": f"{service}/.default",
    }
    url = f"{os.environ['TWIN_LOGIN']}/{os.environ['TENANT']}/oauth2/v2.0/token"
    return send("POST", url, urllib.parse.urlencode(form))[2]["access_token"]


def assemble(source, target):
    """Lays the specifications out as in the vendor's repository, so that they find each other."""
    shutil.rmtree(target, ignore_errors=True)
    for readme in source.glob("*/README.md"):
        for here, there in re.findall(r"^\| ([^|*]+\.json) \| (specification/[^|*]+\.json) \|$", readme.read_text(), re.M):
            place = target / there
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(readme.parent / here, place)
    if (source / "by-path").exists():
        shutil.copytree(source / "by-path", target, dirs_exist_ok=True)
    # A file that the vendor's specifications refer to and that is not among them, as far as they refer to it.
    workspace = {"name": "workspaceName", "in": "path", "required": True, "type": "string", "x-ms-parameter-location": "method"}
    common = target / "specification/operationalinsights/resource-manager/common/v1/types.json"
    if common.parents[2].exists() and not common.exists():
        common.parent.mkdir(parents=True)
        common.write_text(json.dumps({"parameters": {"WorkspaceNameParameter": workspace}, "definitions": {}}))


class Specification:
    """One OpenAPI file."""

    def __init__(self, file):
        self.file = file
        self.text = json.loads(file.read_text("utf-8-sig"))
        self.version = self.text.get("info", {}).get("version")

    def operation(self, method, path):
        """The name of the operation that a path leads to."""
        for template, operations in self.text["paths"].items():
            template = (self.text.get("basePath") or "").rstrip("/") + template
            # A scope in front may have several segments; no other name has. Paths that begin with a whole resource id are
            # left out, because the validator does not find them.
            pattern = re.sub(r"\\{(scope|scopeId)\\}", ".+", re.escape(template))
            if method.lower() in operations and re.fullmatch(re.sub(r"\\{[^/]+?\\}", "[^/]+", pattern), path, re.I):
                return operations[method.lower()].get("operationId")
        return None
