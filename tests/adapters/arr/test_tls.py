"""An instance behind https with an authority of the user's own."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stalkeer.adapters.arr.client import Address
from stalkeer.adapters.arr.connect import connect
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.demo.radarr import Radarr
from stalkeer.errors import ArrUnreachable
from stalkeer.model import InstanceKind


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that is its own authority: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "home")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ca.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return folder / "ca.pem", folder / "key.pem"


@pytest.fixture
def secure(tmp_path, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = Radarr(tmp_path / "movies")
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    with server:
        yield server


def address(server, **more):
    return Address(InstanceKind.RADARR, "radarr", server.url.replace("http:", "https:"), server.api_key, **more)


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(secure, certificate):
    found = connect(address(secure, ca_file=certificate[0]), RequestGate("radarr", 0))

    assert found.status.version == secure.version


def test_without_it_the_certificate_is_not_trusted_and_the_setting_is_named(secure):
    with pytest.raises(ArrUnreachable, match=r"certificate is not trusted.*ca_file"):
        connect(address(secure), RequestGate("radarr", 0))
