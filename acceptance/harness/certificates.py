"""Certificates for one run: an authority, a server for `localhost`, a client, and all of it in each format that a client may be given.

Needs openssl and, for Java's own formats, keytool. Nothing of it is worth a secret: it is made anew each time."""

import subprocess

PASSWORD = "store-secret"


class Certificates:
    """The files, in one directory."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._authority("ca")
        self._authority("other-ca")
        self._issued("server", "subjectAltName=DNS:localhost")
        self._issued("client", "extendedKeyUsage=clientAuth")
        self._issued("stranger", "extendedKeyUsage=clientAuth", authority="other-ca")
        self._stores()

    def path(self, name):
        """The file of this name."""
        return str(self.directory / name)

    def _run(self, *arguments):
        done = subprocess.run(arguments, cwd=self.directory, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments[:3])}: {done.stdout.strip()[-300:]}")

    def _authority(self, name):
        self._run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                  "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def _issued(self, name, extension, authority="ca"):
        self._run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.directory / f"{name}.ext").write_text(f"basicConstraints=CA:FALSE\n{extension}\n")
        self._run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                  "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt")
        chain = (self.directory / f"{name}.key").read_text() + (self.directory / f"{name}.crt").read_text()
        (self.directory / f"{name}.pem").write_text(chain)

    def _stores(self):
        store = ("-storepass", PASSWORD, "-noprompt")
        for name in ("server", "client"):
            self._run("openssl", "pkcs12", "-export", "-in", f"{name}.pem", "-certfile", "ca.pem", "-name", name,
                      "-passout", f"pass:{PASSWORD}", "-out", f"{name}.p12")
        self._run("openssl", "pkcs8", "-topk8", "-in", "client.key", "-v2", "aes-256-cbc", "-passout", f"pass:{PASSWORD}",
                  "-out", "client-locked.key")
        self._run("keytool", "-importcert", "-alias", "ca", "-file", "ca.pem", "-keystore", "trust.p12", "-storetype", "PKCS12", *store)
        self._run("keytool", "-importcert", "-alias", "ca", "-file", "ca.pem", "-keystore", "trust.jks", "-storetype", "JKS", *store)
        self._run("keytool", "-importkeystore", "-srckeystore", "client.p12", "-srcstorepass", PASSWORD, "-destkeystore", "client-java.p12",
                  "-deststoretype", "PKCS12", "-deststorepass", PASSWORD, "-noprompt")
