//! Mail over SMTP: plain text, one person a message.
use super::{post::Failure, text::Text};
use governance::error::{Error, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use std::time::Duration;

/// For a whole conversation with the mail server.
const PATIENCE: Duration = Duration::from_secs(10);

/// A mail server and who we are to it.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

/// What the operator said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// `smtps://host[:port]`, `smtp://host[:port]?tls=required`, or `smtp://host[:port]` without TLS.
    pub url: String,
    pub from: String,
    pub user: Option<String>,
}

impl Mailer {
    /// # Errors
    /// `Invalid`, in one line and without the password.
    pub fn new(account: &Account, password: Option<String>) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("--smtp-url: {why}"));
        let url = &account.url;
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it is not like smtps://mail.example"))?;
        if rest.contains('@') {
            return Err(bad("name the user with --smtp-user and the password's file with --smtp-password-file"));
        }
        let encrypted = scheme == "smtps" || rest.ends_with("?tls=required");
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|e| bad(&format!("it is not like smtps://mail.example: {e}")))?
            .timeout(Some(PATIENCE));
        match (&account.user, password) {
            (Some(_), Some(_)) if !encrypted => {
                return Err(bad("a password is sent over TLS alone: use smtps:// or ?tls=required"));
            }
            (Some(user), Some(password)) => builder = builder.credentials(Credentials::new(user.clone(), password)),
            (None, None) => {}
            _ => return Err(bad("--smtp-user and its password go together")),
        }
        let from = account
            .from
            .parse()
            .map_err(|_| Error::invalid("--smtp-from is not a mail address like Countersign <cs@example.com>"))?;
        Ok(Self { transport: builder.build(), from })
    }

    /// Sends one message. `id` is the same in every attempt.
    ///
    /// # Errors
    /// [`Failure`]; a mail server's final refusal lasts.
    pub async fn send(&self, id: &str, (email, name): (&str, &str), text: &Text) -> Result<(), Failure> {
        let lasting = |why: String| Failure { why, lasting: true };
        let address =
            email.parse().map_err(|_| lasting("the person's address is none that mail can be sent to".into()))?;
        let host = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name.to_owned()), address))
            .subject(&text.subject)
            .message_id(Some(format!("<{id}@{host}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", text.lines.join("\n\n")))
            .map_err(|e| lasting(format!("the message cannot be written: {e}")))?;
        match tokio::time::timeout(PATIENCE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(e)) => Err(Failure { lasting: e.is_permanent(), why: format!("the mail server: {e}") }),
            Err(_) => Err(Failure { why: "the mail server did not answer in 10 seconds".into(), lasting: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_travels_over_tls_alone_and_is_never_in_an_address() {
        let account = |url: &str, user: Option<&str>| Account {
            url: url.into(),
            from: "Countersign <cs@example.com>".into(),
            user: user.map(Into::into),
        };
        let new = |url: &str, user: Option<&str>, password: Option<&str>| {
            Mailer::new(&account(url, user), password.map(Into::into)).map(drop).map_err(|e| e.detail)
        };
        assert!(new("smtp://127.0.0.1:2525", None, None).is_ok());
        assert!(new("smtps://mail.example", Some("cs"), Some("secret")).is_ok());
        assert!(new("smtp://mail.example:587?tls=required", Some("cs"), Some("secret")).is_ok());
        for (url, user, password) in [
            ("smtp://mail.example", Some("cs"), Some("secret")),
            ("smtps://cs:secret@mail.example", None, None),
            ("smtps://mail.example", Some("cs"), None),
            ("smtps://mail.example", None, Some("secret")),
            ("mail.example", None, None),
            ("https://mail.example", None, None),
        ] {
            let said = new(url, user, password).unwrap_err();
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
