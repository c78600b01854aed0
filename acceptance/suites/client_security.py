"""Our own client against Apache Kafka with TLS and SASL: each protocol and mechanism, each format of key stores, and what is said when
something is wrong. Through the command line, so that profiles and Kafka's own flags are tried, too."""

import base64
import http.server
import json
import re
import ssl
import subprocess
import threading
import time

from harness import cases, places, process
from harness.broker import Broker
from harness.certificates import PASSWORD, Certificates

LOOKS_AT = "our client with TLS and SASL against Apache Kafka: protocols, mechanisms, key stores, and what it says when something is wrong"
QUICK = False
OURS = True
NEEDS_KAFKA = True

# Longer than this nobody waits for an error.
ERROR_SECONDS_MAX = 8
REAUTHENTICATION_MS = 3000
CLASSES = "org.apache.kafka.common.security"
SASL = ["SASL_PLAINTEXT", "SASL_SSL", "REAUTH"]
TOKEN = 'unsecuredLoginStringClaim_sub="carol"'


class Secured:
    """A broker with a listener for each way to be asked who one is."""

    def __init__(self):
        self.port = places.free_ports(10)
        self.ports = {name: self.port + 2 + index for index, name in enumerate(["SSL", "MUTUAL", *SASL])}
        self.broker = Broker("kafka", "client_security", self._properties(), port=self.port)
        self.broker.remove()
        self.certificates = Certificates(self.broker.home / "certificates")
        self.profiles = 0

    def _properties(self):
        listeners = [f"PLAINTEXT://127.0.0.1:{self.port}", f"CONTROLLER://127.0.0.1:{self.port + 1}"]
        listeners += [f"{name}://localhost:{port}" for name, port in self.ports.items()]
        home = places.HOME / "run" / "client_security" / "certificates"
        lines = {
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(name for name in listeners if not name.startswith("CONTROLLER")),
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,MUTUAL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,"
                                              "SASL_SSL:SASL_SSL,REAUTH:SASL_PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "ssl.keystore.location": home / "server.p12",
            "ssl.keystore.password": PASSWORD,
            "ssl.keystore.type": "PKCS12",
            "ssl.truststore.location": home / "trust.p12",
            "ssl.truststore.password": PASSWORD,
            "ssl.truststore.type": "PKCS12",
            "listener.name.mutual.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "delegation.token.secret.key": "a-key-for-tokens",
            "transaction.state.log.num.partitions": "1",
        }
        for listener in map(str.lower, SASL):
            lines[f"listener.name.{listener}.plain.sasl.jaas.config"] = f'{CLASSES}.plain.PlainLoginModule required user_alice="alice-secret";'
            for digest in ("256", "512"):
                lines[f"listener.name.{listener}.scram-sha-{digest}.sasl.jaas.config"] = f"{CLASSES}.scram.ScramLoginModule required;"
            lines[f"listener.name.{listener}.oauthbearer.sasl.jaas.config"] = (
                f'{CLASSES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";')
        lines["listener.name.reauth.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,OAUTHBEARER"
        for mechanism in ("plain", "scram-sha-256", "oauthbearer"):
            lines[f"listener.name.reauth.{mechanism}.connections.max.reauth.ms"] = REAUTHENTICATION_MS
        return lines

    def __enter__(self):
        self.broker.start(keep=True)
        # A name with the characters that SCRAM escapes.
        for user, digest in (("bob", "256"), ("bob", "512"), ("b,o=b", "256")):
            code, said = process.run([places.KAFKA_DIST / "bin/kafka-configs.sh", "--bootstrap-server", self.broker.address, "--alter",
                                      "--add-config", f"SCRAM-SHA-{digest}=[password=bob-secret]", "--entity-type", "users", "--entity-name", user])
            cases.equal(code, 0, said)
        return self

    def __exit__(self, *trace):
        self.broker.stop()

    def profile(self, listener, settings, host="localhost"):
        """A properties file for a listener; returns its path."""
        protocol = {"MUTUAL": "SSL", "REAUTH": "SASL_PLAINTEXT"}.get(listener, listener)
        port = self.ports.get(listener, self.port)
        lines = {"bootstrap.servers": f"{host}:{port}", "security.protocol": protocol, **settings}
        self.profiles += 1
        path = self.broker.home / f"profile{self.profiles}.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        return path

    def works(self, listener, settings):
        """A record goes there and back."""
        profile = self.profile(listener, settings)
        topic = f"t{self.profiles}"
        for arguments in (["topic", "create", topic], ["produce", topic, "hello"]):
            code, said = jackdaw(*arguments, "--profile", profile)
            cases.equal(code, 0, said)
        code, said = jackdaw("consume", topic, "--count", "1", "--profile", profile)
        cases.equal((code, said), (0, "hello\n"))

    def fails(self, listener, settings, *parts, host="localhost"):
        """It is refused soon, with these words and without any secret."""
        begun = time.monotonic()
        code, said = jackdaw("topic", "list", "--profile", self.profile(listener, settings, host))
        seconds = time.monotonic() - begun
        if code == 0 or seconds > ERROR_SECONDS_MAX:
            raise AssertionError(f"exit code {code} after {seconds:.1f} s: {said.strip()[-300:]}")
        cases.contains(said, *parts)
        if re.search(r"(alice|bob|store|wrong)-secret", said):
            raise AssertionError(f"a secret shows: {said}")

    def trust(self, name="ca.pem", **settings):
        """The settings to trust an authority."""
        return {"ssl.truststore.location": self.certificates.path(name), **settings}

    def one_line(self, name):
        """A file as one line of a properties file."""
        return (self.certificates.directory / name).read_text().replace("\n", " ")


def jackdaw(*arguments):
    return process.run([places.JACKDAW, *arguments], seconds=60)


def login(module, **options):
    """A line for Java's login modules."""
    return f"{CLASSES}.{module} required " + " ".join(f'{name}="{value}"' for name, value in options.items()) + ";"


def plain(password="alice-secret", username="alice"):
    return {"sasl.mechanism": "PLAIN", "sasl.jaas.config": login("plain.PlainLoginModule", username=username, password=password)}


def scram(digest="256", password="bob-secret", username="bob"):
    return {"sasl.mechanism": f"SCRAM-SHA-{digest}",
            "sasl.jaas.config": login("scram.ScramLoginModule", username=username, password=password)}


def bearer(options=TOKEN):
    return {"sasl.mechanism": "OAUTHBEARER", "sasl.jaas.config": f"{CLASSES}.oauthbearer.OAuthBearerLoginModule required {options};"}


def unsecured_token(principal):
    """A token that nobody signed."""
    claims = {"sub": principal, "iat": time.time(), "exp": time.time() + 600}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


def case_tls_with_an_authority_in_pem(broker):
    broker.works("SSL", broker.trust())


def case_tls_with_an_authority_in_one_line(broker):
    broker.works("SSL", {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": broker.one_line("ca.pem")})


def case_tls_with_the_key_store_of_keytool(broker):
    broker.works("SSL", broker.trust("trust.p12", **{"ssl.truststore.password": PASSWORD, "ssl.truststore.type": "PKCS12"}))


def case_tls_in_librdkafkas_words(broker):
    broker.works("SSL", {"ssl.ca.location": broker.certificates.path("ca.pem")})


def case_each_version_of_tls(broker):
    for version in ("TLSv1.2", "TLSv1.3"):
        broker.works("SSL", broker.trust(**{"ssl.enabled.protocols": version}))


def case_a_cipher_suite_of_choice(broker):
    broker.works("SSL", broker.trust(**{"ssl.cipher.suites": "TLS_AES_256_GCM_SHA384"}))


def case_mutual_tls_with_pem(broker):
    broker.works("MUTUAL", broker.trust(**{"ssl.keystore.type": "PEM", "ssl.keystore.location": broker.certificates.path("client.pem")}))


def case_mutual_tls_with_pkcs12_of_openssl_and_of_keytool(broker):
    for name in ("client.p12", "client-java.p12"):
        broker.works("MUTUAL", broker.trust(**{"ssl.keystore.location": broker.certificates.path(name), "ssl.keystore.password": PASSWORD}))


def case_mutual_tls_with_a_locked_key(broker):
    files = {"ssl.certificate.location": broker.certificates.path("client.crt"), "ssl.key.location": broker.certificates.path("client-locked.key")}
    broker.works("MUTUAL", broker.trust(**files, **{"ssl.key.password": PASSWORD}))
    text = {"ssl.keystore.certificate.chain": broker.one_line("client.crt"), "ssl.keystore.key": broker.one_line("client-locked.key")}
    broker.works("MUTUAL", broker.trust(**text, **{"ssl.key.password": PASSWORD}))


def case_plain(broker):
    broker.works("SASL_PLAINTEXT", plain())
    broker.works("SASL_SSL", {**plain(), **broker.trust()})


def case_scram(broker):
    for digest in ("256", "512"):
        broker.works("SASL_PLAINTEXT", scram(digest))
        broker.works("SASL_SSL", {**scram(digest), **broker.trust()})


def case_scram_with_a_name_that_has_to_be_escaped(broker):
    broker.works("SASL_PLAINTEXT", scram(username="b,o=b"))


def case_name_and_password_as_settings(broker):
    broker.works("SASL_PLAINTEXT", {"sasl.mechanisms": "SCRAM-SHA-256", "sasl.username": "bob", "sasl.password": "bob-secret"})


def case_bearer_tokens(broker):
    broker.works("SASL_PLAINTEXT", bearer())
    broker.works("SASL_SSL", {**bearer(), **broker.trust()})


def case_a_bearer_token_from_a_file(broker):
    path = broker.broker.home / "token"
    path.write_text(unsecured_token("carol") + "\n")
    broker.works("SASL_PLAINTEXT", {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": f"file://{path}"})


def case_a_bearer_token_of_an_identity_provider(broker):
    asked = []

    class Provider(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"])).decode()))
            answer = json.dumps({"access_token": unsecured_token("carol"), "expires_in": 600}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Provider)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(broker.certificates.path("server.crt"), broker.certificates.path("server.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        settings = {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": f"https://localhost:{server.server_port}/token",
                    "sasl.jaas.config": f'{CLASSES}.oauthbearer.OAuthBearerLoginModule required clientId="id" clientSecret="bob-secret" scope="a b";'}
        broker.works("SASL_PLAINTEXT", {**settings, "https.ca.location": broker.certificates.path("ca.pem")})
        cases.equal(set(asked), {("Basic aWQ6Ym9iLXNlY3JldA==", "grant_type=client_credentials&scope=a+b")})
        broker.fails("SASL_PLAINTEXT", settings, "there is no token", "https.ca.location")
    finally:
        server.shutdown()


def case_a_delegation_token(broker):
    profile = broker.profile("SASL_PLAINTEXT", scram())
    code, said = process.run([places.KAFKA_DIST / "bin/kafka-delegation-tokens.sh", "--bootstrap-server",
                              f"localhost:{broker.ports['SASL_PLAINTEXT']}", "--command-config", profile, "--create", "--max-life-time-period", "-1"])
    cases.equal(code, 0, said)
    token, secret = re.search(r"^(\S+)\s+(\S+=)\s+User:", said, re.MULTILINE).groups()
    module = login("scram.ScramLoginModule", username=token, password=secret, tokenauth="true")
    cases.eventually(lambda: jackdaw("topic", "list", "--profile", broker.profile(
        "SASL_PLAINTEXT", {"sasl.mechanism": "SCRAM-SHA-256", "sasl.jaas.config": module}))[0] == 0, "the token is known")


def sockets(pid):
    """The local ports of a process's connections."""
    listed = subprocess.run(["ss", "-Htnp", "state", "established"], text=True, capture_output=True).stdout
    return {line.split()[2] for line in listed.splitlines() if f"pid={pid}," in line}


def renewed(broker, settings):
    """Records flow for longer than a session lives, over the same connections, and all arrive."""
    profile = broker.profile("REAUTH", settings)
    topic = f"t{broker.profiles}"
    cases.equal(jackdaw("topic", "create", topic, "--profile", profile)[0], 0)
    lines = "".join(f"{number}\n" for number in range(1000))
    producer = subprocess.Popen([places.JACKDAW, "produce", topic, "--rate", "100", "--profile", profile], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    producer.stdin.write(lines)
    producer.stdin.close()
    time.sleep(1.5)
    before = sockets(producer.pid)
    time.sleep(2.5 * REAUTHENTICATION_MS / 1000)
    after = sockets(producer.pid)
    said = producer.stdout.read()
    cases.equal(producer.wait(), 0, said)
    if not before or before != after:
        raise AssertionError(f"connections {before} became {after}")
    code, said = jackdaw("consume", topic, "--profile", profile)
    cases.equal((code, sorted(map(int, said.split()))), (0, list(range(1000))))


def case_a_session_is_renewed_on_its_connection(broker):
    renewed(broker, scram())
    renewed(broker, bearer())


def case_kafkas_tools_take_the_same_settings(broker):
    links = broker.broker.home / "links"
    cases.equal(jackdaw("links", links)[0], 0)
    profile, server = broker.profile("SASL_SSL", {**scram(), **broker.trust()}), f"localhost:{broker.ports['SASL_SSL']}"
    tool = lambda name, *arguments, text=None: process.run(  # noqa: E731
        [links / "bin" / f"{name}.sh", "--bootstrap-server", server, *arguments], seconds=60, text=text)
    code, said = tool("kafka-topics", "--create", "--topic", "tools", "--command-config", profile)
    cases.equal(code, 0, said)
    code, said = tool("kafka-console-producer", "--topic", "tools", "--producer.config", profile, text="one\n")
    cases.equal(code, 0, said)
    code, said = tool("kafka-console-consumer", "--topic", "tools", "--consumer.config", profile, "--from-beginning", "--max-messages", "1")
    cases.equal(code, 0, said)
    cases.contains(said, "one\n")


def case_a_wrong_password_is_refused(broker):
    broker.fails("SASL_PLAINTEXT", plain("wrong-secret"), "refuses user `alice` with PLAIN", "localhost:")
    broker.fails("SASL_PLAINTEXT", scram("256", "wrong-secret"), "refuses user `bob` with SCRAM-SHA-256", "localhost:")
    broker.fails("SASL_SSL", {**scram("512", "wrong-secret"), **broker.trust()}, "refuses user `bob` with SCRAM-SHA-512")


def case_an_unknown_user_is_refused(broker):
    broker.fails("SASL_PLAINTEXT", scram(username="nobody"), "refuses user `nobody` with SCRAM-SHA-256")


def case_a_mechanism_that_is_not_enabled(broker):
    broker.fails("REAUTH", scram("512"), "does not enable SCRAM-SHA-512", "set sasl.mechanism to one of them")


def case_a_listener_that_asks_nobody(broker):
    broker.fails("PLAINTEXT", {"security.protocol": "SASL_PLAINTEXT", **plain()}, "set security.protocol to PLAINTEXT", host="127.0.0.1")


def case_kerberos_is_refused_honestly(broker):
    broker.fails("SASL_PLAINTEXT", {}, "sasl.mechanism=GSSAPI", "SCRAM-SHA-256")


def case_an_expired_token_is_refused(broker):
    broker.fails("SASL_PLAINTEXT", bearer(f"{TOKEN} unsecuredLoginLifetimeSeconds=\"0\""), "refuses the token of OAUTHBEARER")


def case_a_token_file_that_is_not_there(broker):
    settings = {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": "file:///nowhere/token"}
    broker.fails("SASL_PLAINTEXT", settings, "there is no token", "/nowhere/token")


def case_another_authority_is_not_believed(broker):
    broker.fails("SSL", broker.trust("other-ca.pem"), "nobody who is trusted here issued", "ssl.truststore.location")
    broker.fails("SSL", {}, "nobody who is trusted here issued")


def case_another_host_is_not_believed(broker):
    broker.fails("SSL", broker.trust(), "is for localhost, not for `127.0.0.1`", "ssl.endpoint.identification.algorithm", host="127.0.0.1")
    broker.works("SSL", broker.trust(**{"ssl.endpoint.identification.algorithm": ""}))


def case_the_check_of_certificates_can_be_left_out(broker):
    broker.works("SSL", {"enable.ssl.certificate.verification": "false"})


def case_a_client_without_certificate_is_refused(broker):
    broker.fails("MUTUAL", broker.trust(), "ssl.keystore.location")
    broker.fails("MUTUAL", broker.trust(**{"ssl.enabled.protocols": "TLSv1.2"}), "ssl.keystore.location")


def case_a_client_of_another_authority_is_refused(broker):
    broker.fails("MUTUAL", broker.trust(**{"ssl.keystore.location": broker.certificates.path("stranger.pem")}), "ssl.keystore.location")


def case_a_plaintext_client_at_a_tls_listener(broker):
    broker.fails("SSL", {"security.protocol": "PLAINTEXT"}, "security.protocol", "SSL")
    broker.fails("SASL_SSL", {"security.protocol": "SASL_PLAINTEXT", **plain()}, "security.protocol", "SASL_SSL")


def case_a_tls_client_at_a_plaintext_listener(broker):
    broker.fails("PLAINTEXT", {"security.protocol": "SSL", **broker.trust()}, "security.protocol", "PLAINTEXT")


def case_a_plaintext_client_at_a_sasl_listener(broker):
    broker.fails("SASL_PLAINTEXT", {"security.protocol": "PLAINTEXT"}, "security.protocol", "SASL_PLAINTEXT")


def case_key_stores_that_cannot_be_opened(broker):
    broker.fails("SSL", broker.trust("trust.jks"), "JKS", "keytool -importkeystore")
    broker.fails("SSL", broker.trust("trust.p12"), "ssl.truststore.password")
    broker.fails("SSL", broker.trust("trust.p12", **{"ssl.truststore.password": "wrong-secret"}), "the password does not open it")
    broker.fails("SSL", broker.trust("missing.pem"), "missing.pem", "No such file")
    locked = {"ssl.certificate.location": broker.certificates.path("client.crt"), "ssl.key.location": broker.certificates.path("client-locked.key")}
    broker.fails("MUTUAL", broker.trust(**locked), "set ssl.key.password")
    broker.fails("MUTUAL", broker.trust(**locked, **{"ssl.key.password": "wrong-secret"}), "the password does not open it")


def run(context):
    if not (places.KAFKA_DIST / "bin/kafka-server-start.sh").exists():
        print("client_security: skipped: there is no distribution of Apache Kafka (KAFKA_DIST)")
        return {}
    with Secured() as broker:
        return cases.collect([value for name, value in globals().items() if name.startswith("case_")], broker)
