//! The files that point a client at a served twin.

use std::fmt::Write;
use std::path::Path;

use crate::{Estate, Twin};

/// Shell assignments, then one line that exports them all.
pub(crate) fn env_file(twin: &Twin, url: &str, identity_url: &str, ca: &Path) -> String {
    let (estate, secrets) = (twin.estate(), twin.secrets());
    let ca = ca.display().to_string();
    let endpoint = format!("{identity_url}/msi/token");
    let header = secrets.identity_header.expose();
    let variables: [(&str, &str); 16] = [
        ("TWIN_ARM", url),
        ("TWIN_LOGIN", url),
        ("TWIN_LOGS", url),
        ("TWIN_CA", &ca),
        ("TWIN_IMDS", identity_url),
        ("TWIN_MSI_ENDPOINT", &endpoint),
        ("TWIN_MSI_HEADER", header),
        ("TENANT", &estate.tenant_id),
        ("CLIENT_ID", &estate.client_id),
        ("CLIENT_SECRET", secrets.client_secret.expose()),
        ("SUBSCRIPTION", &estate.subscription_id),
        ("RESOURCE_GROUP", &estate.resource_group),
        ("WORKSPACE_NAME", &estate.workspace_name),
        ("WORKSPACE_ID", &estate.workspace_id),
        ("IDENTITY_ENDPOINT", &endpoint),
        ("IDENTITY_HEADER", header),
    ];
    let mut file = String::new();
    for (name, value) in variables {
        writeln!(file, "{name}={}", quoted(value)).expect("a String takes all that is written");
    }
    let names = variables.map(|(name, _)| name).join(" ");
    file + "export " + &names + "\n"
}

/// What to paste into a shell to reach the twin with curl, the Azure CLI and the SDKs. It holds no secret: the env file does.
pub(crate) fn hints(env_file: &Path) -> String {
    format!(
        r#"Point a shell at the twin:
  . {env}

curl
  TOKEN=$(curl -s --cacert "$TWIN_CA" "$TWIN_LOGIN/$TENANT/oauth2/v2.0/token" -d grant_type=client_credentials \
    -d client_id="$CLIENT_ID" --data-urlencode client_secret="$CLIENT_SECRET" -d scope="$TWIN_ARM/.default" \
    | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl --cacert "$TWIN_CA" -H "Authorization: Bearer $TOKEN" "$TWIN_ARM/subscriptions?api-version=2022-12-01"

Azure CLI
  export REQUESTS_CA_BUNDLE="$TWIN_CA" AZURE_CORE_INSTANCE_DISCOVERY=false
  az cloud register --name twin --endpoint-resource-manager "$TWIN_ARM" && az cloud set --name twin
  az login --service-principal --username "$CLIENT_ID" --password "$CLIENT_SECRET" --tenant "$TENANT"

Python (export REQUESTS_CA_BUNDLE="$TWIN_CA")
  ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, authority=TWIN_LOGIN, disable_instance_discovery=True)
  SecurityCenter(credential, SUBSCRIPTION, base_url=TWIN_ARM, credential_scopes=[TWIN_ARM + "/.default"])

JavaScript (export NODE_EXTRA_CA_CERTS="$TWIN_CA")
  new ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, {{ authorityHost: TWIN_LOGIN, disableInstanceDiscovery: true }})
  new SecurityCenter(credential, SUBSCRIPTION, {{ endpoint: TWIN_ARM, credentialScopes: TWIN_ARM + "/.default" }})
"#,
        env = quoted(&env_file.display().to_string())
    )
}

/// A lockstep.toml without a secret.
pub(crate) fn config_file(estate: &Estate, url: &str, ca: &Path) -> String {
    let text = |value: &str| format!("{value:?}");
    format!(
        "policy = \"seed\"\nauth = \"managed-identity\"\n\n\
         [cloud]\nname = \"twin\"\narm = {url}\nlogin = {url}\nlogs = {url}\nca = {ca}\n\n\
         [workspace]\ntenant = {tenant}\nsubscription = {subscription}\nresource_group = {group}\nname = {name}\nid = {id}\n",
        url = text(url),
        ca = text(&ca.display().to_string()),
        tenant = text(&estate.tenant_id),
        subscription = text(&estate.subscription_id),
        group = text(&estate.resource_group),
        name = text(&estate.workspace_name),
        id = text(&estate.workspace_id),
    )
}

/// `value` as one word of a shell: bare where it can be, so that plain readers of assignments take it too.
fn quoted(value: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./:@%+=,[]".contains(char);
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_word_of_a_shell() {
        check("https://127.0.0.1:443", "https://127.0.0.1:443");
        check("/tmp/a b/ca.pem", "'/tmp/a b/ca.pem'");
        check("it's", r"'it'\''s'");
        check("", "''");
    }

    fn check(value: &str, expected: &str) {
        assert_eq!(quoted(value), expected);
    }
}
