//! The text form of lockstep.toml, and of other TOML files that people write: what is where in them.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeTable;

use crate::problem::{Place, Problem};

/// A text and where in the file it is.
pub type Text = Spanned<String>;

/// lockstep.toml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub policy: Option<Text>,
    pub auth: Option<Spanned<AuthTable>>,
    pub instance: Option<Text>,
    pub cloud: Option<CloudTable>,
    pub workspace: Option<Spanned<WorkspaceTable>>,
    pub ledger: Option<LedgerTable>,
    pub watch: Option<WatchTable>,
    pub pace: Option<PaceTable>,
}

/// `[pace]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with the pace")]
pub struct PaceTable {
    pub share: Option<Spanned<f64>>,
    pub widen: Option<bool>,
}

/// `[cloud]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with the cloud")]
pub struct CloudTable {
    pub name: Option<Text>,
    pub arm: Option<Text>,
    pub login: Option<Text>,
    pub logs: Option<Text>,
    pub arm_audience: Option<Text>,
    pub logs_audience: Option<Text>,
    pub ca: Option<Text>,
}

/// `[workspace]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with the workspace")]
pub struct WorkspaceTable {
    pub tenant: Option<Text>,
    pub subscription: Option<Text>,
    pub resource_group: Option<Text>,
    pub name: Option<Text>,
    pub id: Option<Text>,
}

/// `[ledger]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with the ledger")]
pub struct LedgerTable {
    pub path: Option<PathBuf>,
    pub url: Option<Text>,
    pub other_instance_within: Option<Text>,
}

/// `[watch]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table about watching")]
pub struct WatchTable {
    pub on_problem: Option<Text>,
    pub on_problem_file: Option<Text>,
    pub problem_after: Option<Spanned<u32>>,
}

/// `auth = "KIND"`, or `[auth]` with `kind` and what belongs to it.
#[derive(Debug)]
pub struct AuthTable {
    pub kind: Text,
    pub client_id: Option<Text>,
    pub object_id: Option<Text>,
    pub resource_id: Option<Text>,
    pub secret_file: Option<Text>,
    pub certificate_file: Option<Text>,
    pub token_file: Option<Text>,
    pub service_connection: Option<Text>,
}

impl AuthTable {
    /// The keys beside `kind`.
    pub fn keys(&self) -> [(&'static str, &Option<Text>); 7] {
        [
            ("client_id", &self.client_id),
            ("object_id", &self.object_id),
            ("resource_id", &self.resource_id),
            ("secret_file", &self.secret_file),
            ("certificate_file", &self.certificate_file),
            ("token_file", &self.token_file),
            ("service_connection", &self.service_connection),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with `kind`")]
struct AuthKeys {
    kind: Text,
    client_id: Option<Text>,
    object_id: Option<Text>,
    resource_id: Option<Text>,
    secret_file: Option<Text>,
    certificate_file: Option<Text>,
    token_file: Option<Text>,
    service_connection: Option<Text>,
}

impl From<AuthKeys> for AuthTable {
    fn from(keys: AuthKeys) -> Self {
        Self {
            kind: keys.kind,
            client_id: keys.client_id,
            object_id: keys.object_id,
            resource_id: keys.resource_id,
            secret_file: keys.secret_file,
            certificate_file: keys.certificate_file,
            token_file: keys.token_file,
            service_connection: keys.service_connection,
        }
    }
}

impl<'de> Deserialize<'de> for AuthTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = AuthTable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a kind of identity, or a table with `kind`")
            }

            fn visit_str<E>(self, kind: &str) -> Result<AuthTable, E> {
                Ok(AuthTable {
                    // The span of a bare kind is that of the whole value, which whoever reads the table knows.
                    kind: Spanned::new(0..0, kind.to_owned()),
                    client_id: None,
                    object_id: None,
                    resource_id: None,
                    secret_file: None,
                    certificate_file: None,
                    token_file: None,
                    service_connection: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AuthTable, A::Error> {
                AuthKeys::deserialize(MapAccessDeserializer::new(map)).map(AuthTable::from)
            }
        }

        deserializer.deserialize_any(Form)
    }
}

/// A text file that people write, with its name.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    text: String,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// It is missing, cannot be read, or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Self { path: path.to_owned(), text }),
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    Err(Problem::usage(format!("{} is not UTF-8 text: byte {at} is not", path.display())))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let problem = Problem::usage(format!("there is no {}", path.display()));
                Err(problem.hint("write one with `lockstep init`, or name another with --config FILE"))
            }
            Err(error) => Err(Problem::usage(format!("{} cannot be read", path.display())).because(&error)),
        }
    }

    /// A text that was not read from a file.
    pub fn of(name: &str, text: &str) -> Self {
        Self { path: name.into(), text: text.to_owned() }
    }

    /// Its path, for people.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    ///
    /// # Errors
    /// It is not TOML, or holds an unknown key or a value of another type; the problem shows where.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(&self.text).map_err(|error| self.no_toml(&error))
    }

    /// What it says, as tables whose keys and values know where they are.
    ///
    /// # Errors
    /// It is not TOML; the problem shows where.
    pub fn table(&self) -> Result<Spanned<DeTable<'_>>, Problem> {
        DeTable::parse(&self.text).map_err(|error| self.no_toml(&error))
    }

    /// The problem with a text that is not the TOML that is wanted.
    pub fn no_toml(&self, error: &toml::de::Error) -> Problem {
        let message = format!("{} cannot be used", self.name());
        let found = error.message().replace('\n', ", ");
        let problem = match error.span() {
            Some(span) => self.wrong_at(span, message, found),
            None => Problem::new(crate::exit_code::ExitCode::Usage, format!("{message}: {found}")),
        };
        match secret_hint(error.message()) {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    /// A problem with a value; with the document as a whole where there is no such value.
    pub fn wrong(&self, value: Option<&Text>, message: impl Into<String>, label: impl Into<String>) -> Problem {
        match value {
            Some(value) => self.wrong_at(value.span(), message, label),
            None => Problem::usage(message),
        }
    }

    /// A problem with a piece of the text. What looks like a secret is not shown.
    pub fn wrong_at(&self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Problem {
        let (message, label) = (message.into(), label.into());
        if may_hold_secret(&self.text, &span) {
            let line = self.text[..span.start].matches('\n').count() + 1;
            return Problem::usage(format!(
                "{message}: {label} (line {line}, which may hold a secret and is not shown)"
            ));
        }
        let place = Place { origin: self.name(), text: self.text.clone(), span, label };
        Problem::usage(message).at(place)
    }

    /// A path that the document names, from the folder that the document is in.
    pub fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The bytes of a file that the document names.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_named(&self, path: &Text, what: &str) -> Result<Vec<u8>, Problem> {
        let resolved = self.beside(Path::new(path.get_ref()));
        std::fs::read(&resolved).map_err(|error| {
            self.wrong(Some(path), format!("{what} {} cannot be read", resolved.display()), "named here")
                .because(&error)
        })
    }
}

/// Whether a line of the span sets what people call a secret. They put those where they see other settings.
fn may_hold_secret(text: &str, span: &Range<usize>) -> bool {
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |length| span.end + length);
    text[start..end].lines().any(|line| {
        let line: String = line.to_ascii_lowercase().split_whitespace().collect();
        // The path of a file is none, and neither is a kind of identity; what else stands there may be one.
        let line = line.replace("secret_file=\"", "").replace("token_file=\"", "").replace("client-secret", "");
        ["secret", "password", "passwd", "token", "credential"].iter().any(|word| line.contains(word))
    })
}

/// Where a secret belongs, for who put one here.
fn secret_hint(message: &str) -> Option<&'static str> {
    let named = |key: &str| message.contains(&format!("unknown field `{key}`"));
    (named("secret") || named("client_secret") || named("password")).then_some(
        "a secret does not belong in this file: set AZURE_CLIENT_SECRET, or name a file with secret_file = \"PATH\"",
    )
}
