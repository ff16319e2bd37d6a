//! What the operator said of notices, read at start: whatever is wrong is one line, before anything is served.
use super::{
    mail::{Account, Mailer},
    sign::Secret,
    target::{Allowed, Target},
    webhook::Format,
};
use crate::config::Notices;
use governance::{
    engine::notices::Ways,
    error::{Error, Result},
};
use std::{os::unix::fs::PermissionsExt as _, path::Path};

/// Where messages go; nothing set up: nowhere.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub webhook: Option<Webhook>,
    pub mail: Option<Mailer>,
    pub callbacks: Allowed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub target: Target,
    pub format: Format,
    /// The signed form always has one; the other is signed too where one is given.
    pub secret: Option<Secret>,
}

impl Settings {
    /// # Errors
    /// `Invalid`, naming the option and how to mend it; never a secret.
    pub fn read(said: &Notices) -> Result<Self> {
        Ok(Self {
            webhook: webhook(said)?,
            mail: mail(said)?,
            callbacks: Allowed::read(&said.callback_allow, &said.callback_internal)?,
        })
    }
    #[must_use]
    pub fn ways(&self) -> Ways {
        Ways { webhook: self.webhook.is_some(), mail: self.mail.is_some() }
    }
}

fn webhook(said: &Notices) -> Result<Option<Webhook>> {
    let Some(url) = &said.webhook_url else { return Ok(None) };
    let target = Target::parse(url).map_err(|e| Error::invalid(format!("--webhook-url: {}", e.detail)))?;
    let format = said.webhook_format.as_deref().map_or(Ok(Format::Signed), str::parse)?;
    let text = secret(said.webhook_secret_file.as_deref(), said.webhook_secret.clone(), "webhook-secret-file")?;
    let secret = text.map(|text| Secret::parse(&text)).transpose()?;
    if format == Format::Signed && secret.is_none() {
        return Err(Error::invalid(
            "--webhook-url needs a secret to sign with: --webhook-secret-file FILE or COUNTERSIGN_WEBHOOK_SECRET; chat services take --webhook-format slack",
        ));
    }
    Ok(Some(Webhook { target, format, secret }))
}

fn mail(said: &Notices) -> Result<Option<Mailer>> {
    let Some(url) = said.smtp_url.clone() else { return Ok(None) };
    let from = said.smtp_from.clone().ok_or_else(|| Error::invalid("--smtp-url needs --smtp-from ADDRESS"))?;
    let password = secret(said.smtp_password_file.as_deref(), said.smtp_password.clone(), "smtp-password-file")?;
    Mailer::new(&Account { url, from, user: said.smtp_user.clone() }, password).map(Some)
}

/// The first line of a file only its owner reads, else what the environment says.
fn secret(file: Option<&Path>, environment: Option<String>, option: &str) -> Result<Option<String>> {
    let Some(path) = file else { return Ok(environment) };
    let bad = |why: String| Error::invalid(format!("--{option} {}: {why}", path.display()));
    let mode = std::fs::metadata(path).map_err(|e| bad(e.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(bad(format!("others can read it: chmod 600 {}", path.display())));
    }
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    if line.is_empty() { Err(bad("its first line is empty".into())) } else { Ok(Some(line)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_files_of_their_owner_or_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n").unwrap();
        let said = Notices {
            webhook_url: Some("https://hooks.example/in".into()),
            webhook_secret_file: Some(path.clone()),
            ..Notices::default()
        };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Settings::read(&said).unwrap_err().detail.contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let settings = Settings::read(&said).unwrap();
        assert_eq!(settings.ways(), Ways { webhook: true, mail: false });
        assert!(!format!("{settings:?}").contains("AAEC") && !format!("{settings:?}").contains("/in"));
        let none = Notices { webhook_secret_file: None, ..said };
        assert!(Settings::read(&none).unwrap_err().detail.contains("--webhook-secret-file"));
        assert!(Settings::read(&Notices { webhook_format: Some("slack".into()), ..none }).is_ok());
        assert_eq!(Settings::read(&Notices::default()).unwrap().ways(), Ways::default());
    }
}
