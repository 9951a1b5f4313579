//! The table of ways to deploy in README.md and deploy/README.md, made from deploy/home.toml.
//!
//! Where a release says where its templates lie, the table has a button for each cloud's portal and one that draws the template;
//! before that it has the command that deploys from a clone, and no button that leads nowhere.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::tree::{Tree, root};

/// Writes the tables anew.
///
/// # Errors
///
/// It takes no words, deploy/home.toml cannot be used, or a document has no place for the table.
pub fn run(words: &[&str]) -> Result<bool> {
    ensure!(words.is_empty(), "it takes no words");
    let tree = Tree::read()?;
    for document in DOCUMENTS {
        let text = tree.text(document.path)?;
        let (before, _, after) = parts(text).with_context(|| format!("{} has no {BEGIN} and {END}", document.path))?;
        fs::write(root().join(document.path), format!("{before}{}{after}", table(&tree, document)?))?;
    }
    Ok(true)
}

/// The document's text up to the table, the table, and what follows it.
pub fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find(BEGIN)? + BEGIN.len();
    let end = begin + text[begin..].find(END)?;
    Some((&text[..begin], &text[begin..end], &text[end..]))
}

/// The table as it should be in a document.
///
/// # Errors
///
/// deploy/home.toml cannot be used, or there is no such template.
pub fn table(tree: &Tree, document: &Document) -> Result<String> {
    let home: toml::Table = tree.text(HOME)?.parse().with_context(|| format!("{HOME} is no TOML"))?;
    let named = |key: &str| home.get(key).and_then(toml::Value::as_str).with_context(|| format!("{HOME} has no {key}"));
    let (base, image) = (named("base_url")?, named("image")?);
    ensure!(base.is_empty() || base.starts_with("https://"), "{HOME}: base_url is no https address: {base:?}");
    ensure!(!base.ends_with('/'), "{HOME}: base_url ends with a slash");
    ensure!(image.is_empty() || image.contains("@sha256:"), "{HOME}: image is not named by its digest: {image:?}");
    for form in FORMS {
        for file in [format!("deploy/{}.json", form.file), format!("deploy/{}.ui.json", form.file)] {
            ensure!(tree.has(&file), "there is no {file}");
        }
    }
    let rows = FORMS.iter().map(|form| {
        let how = if base.is_empty() { command(form, image.is_empty()) } else { buttons(form, base) };
        format!("| [{}]({}{}.json) | {} | {how} |\n", form.title, document.to_deploy, form.file, form.says)
    });
    let how = if base.is_empty() { "from a clone" } else { "deploy" };
    Ok(format!("\n\n| form | is | {how} |\n|---|---|---|\n{}\n", rows.collect::<String>()))
}

/// The command that deploys a form from a clone.
fn command(form: &Form, no_image: bool) -> String {
    let image = if form.runs_image && no_image { " image=IMAGE" } else { "" };
    format!("`az deployment group create -g GROUP -f deploy/{}.json -p {}{image}`", form.file, form.parameters)
}

/// The buttons of a form. Source of the addresses: "Use a deployment button to deploy remote templates", Azure documentation.
fn buttons(form: &Form, base: &str) -> String {
    let template = encoded(&format!("{base}/{}.json", form.file));
    let ui = encoded(&format!("{base}/{}.ui.json", form.file));
    let portal =
        |host: &str| format!("https://{host}/#create/Microsoft.Template/uri/{template}/createUIDefinitionUri/{ui}");
    let button = |says: &str, image: &str, target: &str| format!("[![{says}]({image})]({target})");
    [
        button("Deploy to Azure", &format!("{IMAGES}/deploytoazure.svg"), &portal("portal.azure.com")),
        button("Deploy to Azure Gov", &format!("{IMAGES}/deploytoazuregov.svg"), &portal("portal.azure.us")),
        button("Visualize", &format!("{IMAGES}/visualizebutton.svg"), &format!("http://armviz.io/#/?load={template}")),
    ]
    .join(" ")
}

/// The text as one part of an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// A document that has the table.
pub struct Document {
    pub path: &'static str,
    /// The way from it to the templates.
    to_deploy: &'static str,
}

/// Every document that has the table.
pub const DOCUMENTS: &[Document] =
    &[Document { path: "README.md", to_deploy: "deploy/" }, Document { path: "deploy/README.md", to_deploy: "" }];

/// A way to deploy.
struct Form {
    /// Its template, without `.json`.
    file: &'static str,
    title: &'static str,
    says: &'static str,
    /// The parameters that have no default, but for the image.
    parameters: &'static str,
    runs_image: bool,
}

/// The one that needs no image comes first.
const FORMS: &[Form] = &[
    Form {
        file: "logic-app",
        title: "Logic App",
        says: "for teams that run no containers; needs no image, and does less",
        parameters: "workspaceName=WORKSPACE",
        runs_image: false,
    },
    Form {
        file: "container-job",
        title: "Container Apps job",
        says: "one pass on a schedule; the ledger in a storage account",
        parameters: "workspaceResourceId=ID",
        runs_image: true,
    },
    Form {
        file: "container-app",
        title: "Container App",
        says: "always on; the ledger in a storage account",
        parameters: "workspaceResourceId=ID",
        runs_image: true,
    },
];

const HOME: &str = "deploy/home.toml";
const IMAGES: &str =
    "https://raw.githubusercontent.com/Azure/azure-quickstart-templates/master/1-CONTRIBUTION-GUIDE/images";
const BEGIN: &str = "<!-- made by `cargo xtask buttons` -->";
const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests {
    use super::*;

    fn made(home: &str) -> String {
        let templates: Vec<(String, &str)> = ["json", "ui.json"]
            .iter()
            .flat_map(|end| FORMS.iter().map(move |form| (format!("deploy/{}.{end}", form.file), "{}")))
            .collect();
        let mut files: Vec<(&str, &str)> = templates.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        files.push((HOME, home));
        table(&Tree::of(&files), &DOCUMENTS[0]).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn buttons_are_made_once_a_release_says_where_its_templates_lie() {
        let clone = made("base_url = \"\"\nimage = \"\"\n");
        assert!(clone.contains("az deployment group create") && !clone.contains("portal.azure"), "{clone}");
        let released = made("base_url = \"https://example.com/v1/deploy\"\nimage = \"example.com/a@sha256:0\"\n");
        let logic_app = released.lines().find(|line| line.contains("logic-app")).expect("there is a row");
        for part in [
            "https://portal.azure.com/#create/Microsoft.Template/uri/https%3A%2F%2Fexample.com%2Fv1%2Fdeploy%2Flogic-app.json/createUIDefinitionUri/https%3A%2F%2Fexample.com%2Fv1%2Fdeploy%2Flogic-app.ui.json",
            "https://portal.azure.us/#create/Microsoft.Template/uri/https%3A%2F%2F",
            "http://armviz.io/#/?load=https%3A%2F%2Fexample.com%2Fv1%2Fdeploy%2Flogic-app.json",
        ] {
            assert!(logic_app.contains(part), "{logic_app}");
        }
    }

    #[test]
    fn a_home_that_leads_nowhere_is_refused() {
        let check = |home: &str, expected: &str| assert!(made(home).contains(expected), "{}", made(home));
        check("image = \"\"\n", "has no base_url");
        check("base_url = \"http://example.com\"\nimage = \"\"\n", "no https address");
        check("base_url = \"https://example.com/\"\nimage = \"\"\n", "ends with a slash");
        check("base_url = \"\"\nimage = \"example.com/a:latest\"\n", "not named by its digest");
    }
}
