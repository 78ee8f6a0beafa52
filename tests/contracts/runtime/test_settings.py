"""Settings come from the environment, and a mistake in them stops the start."""

from pathlib import Path

import pytest

from shared.runtime.settings import SERVICES, Settings, SettingsError


def test_every_setting_has_a_line_that_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert "\n" not in field.description


def test_without_an_environment_everything_lies_in_the_data_folder() -> None:
    settings = Settings.from_environment({"PATH": "/bin", "GATEHOUSE_TOKEN": "x", "GATEHOUSE_KAFKA_BOOTSTRAP": ""})
    assert settings == Settings()
    assert settings.data == Path("data")
    assert settings.kafka_bootstrap is None
    urls = [settings.events_url(service) for service in SERVICES] + [
        settings.views_url(service) for service in SERVICES
    ]
    assert len(set(urls)) == 8
    assert urls[0] == "sqlite+aiosqlite:///data/intake/events.db"
    assert settings.path("codec_key_file") == Path("data/keys/codec.key")


def test_settings_are_read_by_name() -> None:
    settings = Settings.from_environment(
        {
            "GATEHOUSE_DATA": "/srv/g",
            "GATEHOUSE_REVIEW_EVENTS_URL": "postgresql+asyncpg://r",
            "GATEHOUSE_ALLOWED_HOSTS": " a.example , *.b.example,",
            "GATEHOUSE_CODEC_KEY_FILE": "/run/codec",
        }
    )
    assert settings.events_url("review") == "postgresql+asyncpg://r"
    assert settings.views_url("review") == "sqlite+aiosqlite:////srv/g/review/views.db"
    assert settings.allowed_hosts == ("a.example", "*.b.example")
    assert settings.path("codec_key_file") == Path("/run/codec")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROT", "1"),
        ("PORT", "x"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("TRACE_RATIO", "2"),
        ("REQUESTS_PER_MINUTE", "0"),
        ("ALLOWED_HOSTS", "gatehouse.example.org, 10.0.0.1/8"),
        ("INTAKE_EVENTS_URL", "mysql://u:secret@h/d"),
        ("REPORTING_VIEWS_URL", "/srv/views.db"),
        ("REVIEW_EVENTS_URL", "postgresql+psycopg://u:secret@h/d"),
        ("LOG_URL", "redis://h"),
        ("LOG_URL", "kafka://"),
        ("LOG_URL", "kafka://h"),
        ("OIDC_ISSUER", "login.example.org"),
        ("OIDC_ISSUER", "login.example.org:8443/realm"),
        ("OIDC_ISSUER", "https://"),
        ("OIDC_ISSUER", "ldap://u:secret@login.example.org"),
        ("PUBLIC_URL", "gatehouse.example.org"),
        ("PUBLIC_URL", "https:///gatehouse"),
        ("PUBLIC_URL", "https://[u:secret"),
        ("KAFKA_BOOTSTRAP", "kafka"),
        ("KAFKA_BOOTSTRAP", "kafka:port"),
        ("KAFKA_BOOTSTRAP", "kafka:9092,:9092"),
        ("KAFKA_BOOTSTRAP", "kafka:70000"),
        ("KAFKA_BOOTSTRAP", "kafka:0"),
    ],
)
def test_a_mistake_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEHOUSE_{name}: ") as refused:
        Settings.from_environment({f"GATEHOUSE_{name}": value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("bootstrap", ["kafka:9092", "a.example:9092, b.example:9093", "[::1]:9092"])
def test_brokers_are_named_by_host_and_port(bootstrap: str) -> None:
    assert Settings.from_environment({"GATEHOUSE_KAFKA_BOOTSTRAP": bootstrap}).kafka_bootstrap == bootstrap


def test_the_log_may_be_named_by_its_brokers() -> None:
    for url in ("kafka://a:9092", "kafka://a:9092,b:9092/"):
        assert Settings.from_environment({"GATEHOUSE_LOG_URL": url}).log_url == url


def test_https_is_https_however_it_is_spelled() -> None:
    spelled = {
        "GATEHOUSE_PUBLIC_URL": "HTTPS://Gatehouse.example.org/x",
        "GATEHOUSE_OIDC_ISSUER": " Https://login.e.org",
    }
    settings = Settings.from_environment(spelled)
    assert settings.public_url == "https://Gatehouse.example.org/x"
    assert settings.oidc_issuer == "https://login.e.org"


def test_a_name_that_there_is_not_is_called_so() -> None:
    with pytest.raises(SettingsError, match="GATEHOUSE_PROT: there is no such setting"):
        Settings.from_environment({"GATEHOUSE_PROT": "1"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "gatehouse.example.org"])  # noqa: S104 - refused here
def test_strangers_are_not_let_in_without_a_real_issuer(host: str) -> None:
    with pytest.raises(SettingsError, match=f"{host} is not a loopback address"):
        Settings.from_environment({"GATEHOUSE_HOST": host})
    Settings.from_environment({"GATEHOUSE_HOST": host, "GATEHOUSE_OIDC_ISSUER": "https://login.example.org"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert Settings.from_environment({"GATEHOUSE_HOST": host}).host == host
