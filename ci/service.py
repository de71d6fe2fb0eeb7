"""The service under judgement: its release binary, wired by environment variables only."""

import json
import subprocess
from pathlib import Path

from ci.judging import Child, clean_environment, free_port, get, wait_until


class Service:
    """One instance of the binary on a loopback port, with its log in `folder`."""

    def __init__(self, binary, folder, bindings, settings, bindings_as_file=False):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(folder) / f"service-{self.port}.log"
        vcap = {}
        for binding in bindings:
            vcap.setdefault(binding["label"], []).append(binding)
        environment = clean_environment(
            PORT=str(self.port), CATALOG_BIND_ADDRESS="127.0.0.1", **settings
        )
        if bindings_as_file:
            path = Path(folder) / f"vcap-services-{self.port}"
            path.write_text(json.dumps(vcap))
            environment["VCAP_SERVICES_FILE_PATH"] = str(path)
        else:
            environment["VCAP_SERVICES"] = json.dumps(vcap)
        self.binary, self.environment = binary, environment
        self.child = Child("btp-s3-catalog", [binary], self.log, environment)

    def wait_alive(self, seconds=10):
        """Waits until the process answers; says so when it ended instead."""
        return self._wait("/health/live", 200, seconds)

    def wait_ready(self, seconds=20):
        """Waits until an AWS session is held."""
        return self._wait("/health/ready", 200, seconds)

    def _wait(self, path, status, seconds):
        def answers():
            if not self.child.running():
                raise RuntimeError(
                    f"the service ended with {self.child.process.returncode}:\n{self.child.tail()}"
                )
            return self.get(path, timeout=3).status == status

        wait_until(answers, seconds, f"{status} from {path}\n{self.child.tail()}\n")
        return self

    def command(self, *words):
        """Runs another command of the binary, with the same bindings and settings."""
        return subprocess.run([self.binary, *words], env=self.environment, capture_output=True, timeout=60, check=False)

    def get(self, path, token=None, **options):
        return get(self.url + path, token, **options)

    def log_lines(self):
        return self.log.read_text(errors="replace").splitlines()

    def end(self):
        """Ends it with SIGTERM; answers its exit code."""
        return self.child.end(grace=20.0)
