"""moto as one AWS endpoint for tests, with a call log and faults on demand.

    python serve.py [--port N] [--watch-stdin]

Prints `READY <port>` when it listens on 127.0.0.1. With --watch-stdin it ends when its standard
input closes, and so never outlives who started it.

Besides AWS it answers:

    GET    /_ctl/log      every call so far: service, action, params, key, status, fault
    DELETE /_ctl/log      forgets them
    POST   /_ctl/faults   adds a JSON list of faults; GET and DELETE list and clear them

A fault is {key?, service?, action?, params?, skip?, times?, delay_ms?, status?, code?, message?,
after?}. It befalls calls with that access key, service, action ("*" for all) and parameters; not
the first `skip` of them, and `times` of them (1). They take `delay_ms` longer, and where `status`
is given fail with it and `code`; with `after`, they are carried out first and their reply is lost.
DELETE with ?key=... clears those of one access key.
"""

import argparse
import io
import json
import os
import sys
import threading
import time
import traceback
import urllib.parse
from xml.sax.saxutils import escape

# An account starts with one image, and not with 1,301 of them.
os.environ["MOTO_AMIS_PATH"] = os.path.join(os.path.dirname(__file__), "images.json")

import repairs  # noqa: F401 - repairs moto by being imported
import repairs_compute  # noqa: F401 - the same
import waitress
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

EC2_ERROR = """<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>\
<RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>"""

ERROR = """<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"""


class Call:
    """A call as the log keeps it and as faults look at it."""

    def __init__(self, environ, body):
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            query.update(urllib.parse.parse_qs(body.decode()))
        self.params = {name: values[0] for name, values in query.items()}
        self.params.pop("Version", None)
        path = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self.action = self.params.pop("Action", path)
        # AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...
        _, _, credential = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
        scope = credential.partition(",")[0].split("/")
        self.key, _, self.region, self.service = (scope + [""] * 4)[:4]
        self.status = None
        self.fault = None

    def is_met_by(self, fault):
        return (
            fault.get("key", self.key) == self.key
            and fault.get("service", self.service) == self.service
            and fault.get("action", "*") in ("*", self.action)
            and fault.get("params", {}).items() <= self.params.items()
        )


class Emulator:
    """The WSGI application around moto's, one call at a time: moto is not safe for threads."""

    def __init__(self, moto):
        self.moto = moto
        self.lock = threading.Lock()
        self.log = []
        self.faults = []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"].startswith("/_ctl/"):
            return self.control(environ, body, start_response)
        call = Call(environ, body)
        fault = self.note(call)
        if fault.get("delay_ms"):
            time.sleep(fault["delay_ms"] / 1000)
        if "status" in fault:
            call.fault = fault.get("code", "InternalFailure")
            if fault.get("after"):
                self.carry_out(call, environ)
            return answer(
                start_response, fault["status"], call.fault, fault.get("message", ""), call.service
            )
        status, headers, data = self.carry_out(call, environ)
        start_response(status, headers)
        return [data]

    def note(self, call):
        """Logs a call, and takes the fault that befalls it."""
        with self.lock:
            self.log.append(call)
            for fault in self.faults:
                if fault.get("times", 1) > 0 and call.is_met_by(fault):
                    if fault.get("skip", 0) > 0:
                        fault["skip"] -= 1
                        continue
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return {}

    def carry_out(self, call, environ):
        """Status, headers and body of moto's answer. moto says what it lacks with HTML of status
        500, which clients try again: here that is an error of its own."""
        answered = {}

        def start_response(status, headers, exc_info=None):
            # The server decides about connections.
            kept = [header for header in headers if header[0].lower() != "connection"]
            answered.update(status=status, headers=kept)

        try:
            with self.lock:
                data = b"".join(self.moto(environ, start_response))
        except NotImplementedError as error:
            print(f"moto lacks {call.service} {call.action}: {error}", file=sys.stderr)
            data = answer(start_response, 400, "MotoNotImplemented", str(error), call.service)[0]
        except Exception as error:
            traceback.print_exc()
            data = answer(start_response, 500, "MotoInternalError", repr(error), call.service)[0]
        call.status = int(answered["status"][:3])
        return answered["status"], answered["headers"], data

    def control(self, environ, body, start_response):
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        key = query.get("key", [None])[0]
        with self.lock:
            if environ["PATH_INFO"] == "/_ctl/log":
                if environ["REQUEST_METHOD"] == "DELETE":
                    self.log = [call for call in self.log if key not in (None, call.key)]
                found = [vars(call) for call in self.log if key in (None, call.key)]
            else:
                if environ["REQUEST_METHOD"] == "DELETE":
                    others = [fault for fault in self.faults if fault.get("key") != key]
                    self.faults = others if key else []
                elif environ["REQUEST_METHOD"] == "POST":
                    self.faults.extend(json.loads(body))
                found = self.faults
            data = json.dumps(found).encode()
        length = ("Content-Length", str(len(data)))
        start_response("200 OK", [("Content-Type", "application/json"), length])
        return [data]


def answer(start_response, status, code, message, service):
    """An error in the format of the services that speak XML: EC2 has one of its own."""
    data = (EC2_ERROR if service == "ec2" else ERROR).format(escape(code), escape(message)).encode()
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(data)))]
    start_response(f"{status} Error", headers)
    return [data]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--watch-stdin", action="store_true", help="end when stdin closes")
    arguments = parser.parse_args()
    if arguments.watch_stdin:

        def watch():
            sys.stdin.buffer.read()
            os._exit(0)

        threading.Thread(target=watch, daemon=True).start()
    emulator = Emulator(DomainDispatcherApplication(create_backend_app))
    server = waitress.create_server(emulator, host="127.0.0.1", port=arguments.port, threads=16)
    print("READY", server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
