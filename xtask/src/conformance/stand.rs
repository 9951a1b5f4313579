//! A twin that is walked: started for one walk, and ended after it.

use std::path::PathBuf;

use anyhow::Result;

use crate::child::{Child, Outcome, Running};
use crate::tree::root;

/// A running twin, with the files that point a client at it.
pub struct Stand {
    folder: PathBuf,
    _twin: Running,
}

impl Stand {
    /// Builds the program if need be, and serves a twin with these further arguments.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        Child::new("cargo").args(["build", "--quiet", "--package", "lockstep"]).run()?;
        let folder = root().join(format!("target/conformance/stand-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let twin =
            Child::new(root().join("target/debug/lockstep")).args(["twin", "--env-file"]).args([folder.join("env.sh")]);
        let twin = twin.args(arguments).start("is ready")?;
        Ok(Self { folder, _twin: twin })
    }

    /// Runs a walk to its end, pointed at the twin.
    pub fn walk(&self, walk: Child) -> Result<Outcome> {
        let ca = self.folder.join("twin-ca.pem").display().to_string();
        let walk = walk.under(&self.folder.join("env.sh"))?.with("PYTHONDONTWRITEBYTECODE", "1");
        walk.with("REQUESTS_CA_BUNDLE", ca.clone())
            .with("SSL_CERT_FILE", ca.clone())
            .with("NODE_EXTRA_CA_CERTS", ca)
            .outcome()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        // What is left behind harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
