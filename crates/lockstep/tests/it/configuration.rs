//! Settings that cannot be used: what was found, where, and what would work.

use crate::run::Place;

/// What `lockstep plan` says of a lockstep.toml.
fn check(settings: &str) -> String {
    Place::new().with("lockstep.toml", settings).shown(&["plan"])
}

/// Settings that can be used, but for the secret that the environment does not hold.
const SETTINGS: &str = r#"policy = "observe"
auth = "client-secret"

[workspace]
tenant = "3b1f0c52-8d0e-4f6a-9a57-6c2d41e7b905"
subscription = "6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2"
resource_group = "rg-sentinel"
name = "law-sentinel"
id = "c4a8f9d1-2e67-4b3c-9c15-7d80b6e2f34a"
"#;

#[test]
fn settings_that_are_missing_or_no_toml() {
    insta::assert_snapshot!(Place::new().shown(&["plan"]), @r#"
    exit code 2
    --- stderr
    error: there is no lockstep.toml
     |
     = help: write one with `lockstep init`, or name another with --config FILE
    "#);
    insta::assert_snapshot!(check(""), @r#"
    exit code 2
    --- stderr
    error: no policy is named, so nothing was done: lockstep.toml has none
     |
     = help: name a preset: "observe" shows what differs and writes nothing, "seed" makes incidents follow their alerts
     = help: or name a policy file; either with --policy or as policy = "..." in lockstep.toml
    "#);
    insta::assert_snapshot!(check("policy = observe\n"), @r#"
    exit code 2
    --- stderr
    error: lockstep.toml cannot be used
     --> lockstep.toml:1:10
      |
    1 | policy = observe
      |          ^^^^^^^ string values must be quoted, expected literal string
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("name =", "nam =")), @r#"
    exit code 2
    --- stderr
    error: lockstep.toml cannot be used
     --> lockstep.toml:8:1
      |
    8 | nam = "law-sentinel"
      | ^^^ unknown field `nam`, expected one of `tenant`, `subscription`, `resource_group`, `name`, `id`
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("\"rg-sentinel\"", "3")), @r#"
    exit code 2
    --- stderr
    error: lockstep.toml cannot be used
     --> lockstep.toml:7:18
      |
    7 | resource_group = 3
      |                  ^ invalid type: integer `3`, expected a string
    "#);
}

#[test]
fn values_that_cannot_be() {
    insta::assert_snapshot!(check(&SETTINGS.replace("c4a8f9d1-", "")), @r#"
    exit code 2
    --- stderr
    error: "2e67-4b3c-9c15-7d80b6e2f34a" is no workspace id: a GUID such as 6f1e2d3c-4b5a-4988-8776-655443322110 is wanted
     --> lockstep.toml:9:6
      |
    9 | id = "2e67-4b3c-9c15-7d80b6e2f34a"
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a GUID is wanted
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("rg-sentinel", "../rg")), @r#"
    exit code 2
    --- stderr
    error: "../rg" cannot be a resource group: up to 90 letters, digits, _, -, ., ( and ), not ending in a dot, are wanted
     --> lockstep.toml:7:18
      |
    7 | resource_group = "../rg"
      |                  ^^^^^^^ the name of a resource group is wanted
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("resource_group = \"rg-sentinel\"\n", "")), @r#"
    exit code 2
    --- stderr
    error: [workspace] has no `resource_group`
     --> lockstep.toml:4:1
      |
    4 | [workspace]
      | ^^^^^^^^^^^ `resource_group` is missing
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("\"observe\"", "\"close-all\"")), @r#"
    exit code 2
    --- stderr
    error: "close-all" is neither a preset nor a policy file
     --> lockstep.toml:1:10
      |
    1 | policy = "close-all"
      |          ^^^^^^^^^^^ a preset or a policy file is wanted
      |
      = help: name a preset: "observe" shows what differs and writes nothing, "seed" makes incidents follow their alerts
      = help: or name a policy file; either with --policy or as policy = "..." in lockstep.toml
    "#);
    insta::assert_snapshot!(check(&SETTINGS.replace("policy = \"observe\"", "")), @r#"
    exit code 2
    --- stderr
    error: no policy is named, so nothing was done: lockstep.toml has none
     |
     = help: name a preset: "observe" shows what differs and writes nothing, "seed" makes incidents follow their alerts
     = help: or name a policy file; either with --policy or as policy = "..." in lockstep.toml
    "#);
}

#[test]
fn clouds() {
    insta::assert_snapshot!(check(&format!("{SETTINGS}[cloud]\nname = \"china\"\n")), @r#"
    exit code 2
    --- stderr
    error: Microsoft Sentinel was retired in Azure in China on 2026-08-18: there is nothing to keep in step there
      --> lockstep.toml:11:8
       |
    11 | name = "china"
       |        ^^^^^^^ public, us-government, custom or twin is wanted
       |
       = help: for another cloud, set name = "custom" and name its arm, login and logs endpoints
    "#);
    insta::assert_snapshot!(check(&format!("{SETTINGS}[cloud]\nname = \"azure\"\n")), @r#"
    exit code 2
    --- stderr
    error: "azure" is no cloud that is known: public and us-government are; for another one, name its endpoints
      --> lockstep.toml:11:8
       |
    11 | name = "azure"
       |        ^^^^^^^ public, us-government, custom or twin is wanted
       |
       = help: for another cloud, set name = "custom" and name its arm, login and logs endpoints
    "#);
    insta::assert_snapshot!(check(&format!("{SETTINGS}[cloud]\narm = \"https://localhost\"\n")), @r#"
    exit code 2
    --- stderr
    error: `arm` cannot be set for the cloud "public", whose endpoints are known
      --> lockstep.toml:11:7
       |
    11 | arm = "https://localhost"
       |       ^^^^^^^^^^^^^^^^^^^ not wanted here
       |
       = help: set name = "custom" to name endpoints
    "#);
    insta::assert_snapshot!(check(&format!("{SETTINGS}[cloud]\nname = \"custom\"\narm = \"https://localhost\"\n")), @r#"
    exit code 2
    --- stderr
    error: the custom cloud has no `login`
      --> lockstep.toml:11:8
       |
    11 | name = "custom"
       |        ^^^^^^^^ needs arm, login and logs
       |
       = help: add login = "https://HOST" to [cloud]
    "#);
    let custom =
        "[cloud]\nname = \"custom\"\narm = \"http://localhost\"\nlogin = \"https://l\"\nlogs = \"https://l\"\n";
    insta::assert_snapshot!(check(&format!("{SETTINGS}{custom}")), @r#"
    exit code 2
    --- stderr
    error: "http://localhost" cannot be the ARM endpoint: https://HOST or https://HOST:PORT is wanted
      --> lockstep.toml:12:7
       |
    12 | arm = "http://localhost"
       |       ^^^^^^^^^^^^^^^^^^ https://HOST[:PORT] is wanted
    "#);
    let twin = "[cloud]\nname = \"twin\"\narm = \"https://management.azure.com\"\nlogin = \"https://l\"\nlogs = \"https://l\"\n";
    insta::assert_snapshot!(check(&format!("{SETTINGS}{twin}")), @r#"
    exit code 2
    --- stderr
    error: the configuration is for a twin, and management.azure.com is a host of Microsoft's
      --> lockstep.toml:12:7
       |
    12 | arm = "https://management.azure.com"
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a twin's host is wanted
       |
       = help: name the cloud that is meant under [cloud], or start a twin with `lockstep twin`
    "#);
    insta::assert_snapshot!(check(&format!("{SETTINGS}[cloud]\nca = \"no.pem\"\n")), @r#"
    exit code 2
    --- stderr
    error: the CA file no.pem cannot be read
      --> lockstep.toml:11:6
       |
    11 | ca = "no.pem"
       |      ^^^^^^^^ named here
       |
       = note: because No such file or directory (os error 2)
    "#);
}

#[test]
fn identities() {
    insta::assert_snapshot!(check(&SETTINGS.replace("\"client-secret\"", "\"password\"")), @r#"
    exit code 2
    --- stderr
    error: "password" is no kind of identity that is known: one of "managed-identity", "client-secret", "client-certificate", "workload-identity", "azure-pipelines", "azure-cli", "auto" is wanted (line 2, which may hold a secret and is not shown)
    "#);
    insta::assert_snapshot!(check(SETTINGS), @r#"
    exit code 2
    --- stderr
    error: auth "client-secret" does not say which application: AZURE_CLIENT_ID is not set
     --> lockstep.toml:2:8
      |
    2 | auth = "client-secret"
      |        ^^^^^^^^^^^^^^^ needs a client id
      |
      = help: set AZURE_CLIENT_ID or client_id = "GUID"
    "#);
    let table = |keys: &str| SETTINGS.replace("auth = \"client-secret\"\n", "") + "[auth]\n" + keys;
    insta::assert_snapshot!(check(&table("kind = \"client-secret\"\nclient_id = \"app\"\n")), @r#"
    exit code 2
    --- stderr
    error: there is no client secret: AZURE_CLIENT_SECRET is not set
     --> lockstep.toml:9:1
      |
    9 | [auth]
      | ^^^^^^ needs a secret
      |
      = help: set AZURE_CLIENT_SECRET or name a file that holds the secret: secret_file = "PATH"
    "#);
    insta::assert_snapshot!(check(&table("kind = \"client-secret\"\nclient_secret = \"s3cr3t\"\n")), @r#"
    exit code 2
    --- stderr
    error: lockstep.toml cannot be used: unknown field `client_secret`, expected one of `kind`, `client_id`, `object_id`, `resource_id`, `secret_file`, `certificate_file`, `token_file`, `service_connection` (line 11, which may hold a secret and is not shown)
     |
     = help: a secret does not belong in this file: set AZURE_CLIENT_SECRET, or name a file with secret_file = "PATH"
    "#);
    insta::assert_snapshot!(check(&table("kind = \"azure-cli\"\nclient_id = \"app\"\n")), @r#"
    exit code 2
    --- stderr
    error: `client_id` means nothing for auth "azure-cli"
      --> lockstep.toml:11:13
       |
    11 | client_id = "app"
       |             ^^^^^ not wanted here
    "#);
    insta::assert_snapshot!(check(&table("kind = \"managed-identity\"\nclient_id = \"a\"\nobject_id = \"b\"\n")), @r#"
    exit code 2
    --- stderr
    error: the managed identity is named twice
      --> lockstep.toml:12:13
       |
    12 | object_id = "b"
       |             ^^^ one id is wanted
    "#);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let place = Place::new().with("lockstep.toml", SETTINGS);
    insta::assert_snapshot!(place.shown(&["plan", "--policy", "nonesuch"]), @r#"
    exit code 2
    --- stderr
    error: "nonesuch" is neither a preset nor a policy file
     |
     = help: name a preset: "observe" shows what differs and writes nothing, "seed" makes incidents follow their alerts
     = help: or name a policy file; either with --policy or as policy = "..." in lockstep.toml
    "#);
}

#[test]
fn no_secret_is_shown() {
    let table =
        |keys: &str| SETTINGS.replace("auth = \"client-secret\"\n", "") + "[auth]\nkind = \"client-secret\"\n" + keys;
    let check = |settings: &str| {
        let place =
            Place::new().with("lockstep.toml", settings).with("s", "s3cr3t\n").env("AZURE_CLIENT_ID", "not a guid");
        let said = place.env("LOCKSTEP_LOG", "trace").shown(&["plan", "--patience", "0s"]);
        assert!(!said.contains("s3cr3t"), "{said}");
    };
    check(&table("secret_file = \"s\"\n"));
    check(&table("client_secret = \"s3cr3t\"\n"));
    check(&table("client_secret = s3cr3t\n"));
    check(&table("secret_file = { text = \"s3cr3t\" }\n"));
    check(&table("secret_file = { text = \"s3cr3t\" }\npassword = \"s3cr3t\"\n"));
}
