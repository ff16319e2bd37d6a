//! One round: notes become messages, due ones are taken and sent side by side, and what became of each is noted. Nothing of
//! the engine is held while anybody outside is waited for.
use super::{
    post::{Failure, Poster},
    register::{answering, changed, gaps},
    settings::Settings,
    sign::Secret,
    target::Reach,
    text::{Text, contained, text},
    webhook::{Format, callback, cloud_event, slack},
};
use crate::{api::wire, config::Address};
use governance::{
    Actor, Governance,
    engine::notices::{Answering, Attempt, Outgoing, Says, To},
    error::{Kind as Wrong, Result},
    notice::{About, Channel, Kind, Notice},
};
use serde_json::Value;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Messages under way at once.
const AT_ONCE: usize = 8;

#[derive(Clone)]
pub struct Sender {
    settings: Arc<Settings>,
    address: Arc<Address>,
    poster: Poster,
}

impl Sender {
    /// # Errors
    /// As [`Poster::new`].
    pub fn new(settings: Settings, address: Address) -> Result<Self> {
        Ok(Self { settings: Arc::new(settings), address: Arc::new(address), poster: Poster::new()? })
    }

    /// Sends what is due, and returns how many messages were tried.
    ///
    /// # Errors
    /// As the engine says; what was taken and not noted is tried again.
    pub async fn round(&self, governance: &Governance) -> Result<usize> {
        let ctx = || governance.ctx(Actor::System("notices"));
        governance.notice_spread(&ctx(), self.settings.ways()).await?;
        let taken = governance.notice_claim(&ctx(), AT_ONCE).await?;
        let tried = taken.len();
        let mut under_way = JoinSet::new();
        for message in taken {
            let (sender, governance) = (self.clone(), governance.clone());
            under_way.spawn(async move {
                let at = governance.now();
                let attempt = match sender.send(&message, at).await {
                    Ok(()) => Attempt::Sent,
                    Err(Failure { why, lasting }) => Attempt::Failed { why, lasting },
                };
                if let Attempt::Failed { why, .. } = &attempt {
                    tracing::warn!(notice = %message.notice.id, channel = %message.notice.channel, why, "a notice did not arrive");
                }
                settle(&governance, &message.notice, &attempt).await
            });
        }
        while let Some(done) = under_way.join_next().await {
            done.map_err(governance::error::Error::internal)??;
        }
        Ok(tried)
    }

    async fn send(&self, message: &Outgoing, at: governance::time::Timestamp) -> Result<(), Failure> {
        let notice = &message.notice;
        let lasting = |why: &str| Failure { why: why.into(), lasting: true };
        let link = match notice.about {
            About::Escalation(id) => format!("{}{}/{id}", self.address.url, app::paths::INBOX),
            About::Containment(id) => format!("{}{}", self.address.url, app::paths::containment(&id.to_string())),
            About::Identity(_) | About::Person(_) | About::Resource(_) | About::Gaps(_) => {
                format!("{}{}", self.address.url, page(notice, &message.says))
            }
        };
        match &message.to {
            To::Webhook => {
                let webhook = self.settings.webhook.as_ref().ok_or_else(|| lasting("no webhook is set up any more"))?;
                let (body, kind) = match webhook.format {
                    Format::Slack => (slack(&self.text(message, &link)), "application/json"),
                    Format::Signed => {
                        let event = cloud_event(notice, &message.says, &self.address.url, &link);
                        (event, "application/cloudevents+json; charset=utf-8")
                    }
                };
                let (headers, body) = signed(notice, webhook.secret.as_ref(), &body, kind, at)?;
                self.poster.post(&webhook.target, Reach::Anywhere, &headers, body).await
            }
            To::Person { email, name } => {
                let mailer = self.settings.mail.as_ref().ok_or_else(|| lasting("no mail server is set up any more"))?;
                mailer.send(&notice.id.to_string(), (email, name), &self.text(message, &link)).await
            }
            To::Requester { callback: to, secret } => {
                // the operator may have taken the address off since
                let (target, reach) = self.settings.callbacks.check(&to.endpoint).map_err(|e| lasting(&e.detail))?;
                let status = notice.outcome.as_deref().unwrap_or_default();
                let task = wire::handle(&notice.about.named().1, status, &self.address);
                let body = callback(notice, to, task);
                let secret = Secret::from(secret.0);
                let (headers, body) = signed(notice, Some(&secret), &body, "application/json", at)?;
                self.poster.post(&target, reach, &headers, body).await
            }
        }
    }

    fn text(&self, message: &Outgoing, link: &str) -> Text {
        match &message.says {
            Says::Request(facts) => text(message.notice.kind, facts, link),
            Says::Contained(it) => contained(it, link),
            Says::Registered(it) => changed(message.notice.kind, it, link),
            Says::Answering(it) => answering(message.notice.kind, it, link),
            Says::Gaps(it) => gaps(it, link),
        }
    }
}

/// The page of the console that shows what a notice of the register tells of, with what to do about it.
fn page(notice: &Notice, says: &Says) -> String {
    match (notice.about, says) {
        (About::Identity(id), _) => app::paths::identity(&id.to_string()),
        (_, Says::Answering(Answering { only: Some(id), .. })) => app::paths::identity(&id.to_string()),
        (About::Person(_), _) if notice.kind == Kind::OwnerChanged => match notice.channel {
            Channel::Mail => format!("{}?owner={}", app::paths::IDENTITIES, notice.target),
            _ => app::paths::IDENTITIES.to_owned(),
        },
        (About::Resource(id), _) => app::paths::resource(&id.to_string()),
        (About::Gaps(_), _) => format!("{}#gaps", app::paths::VISIBILITY),
        _ => format!("{}?owner=none", app::paths::IDENTITIES),
    }
}

type Headers = Vec<(&'static str, String)>;

fn signed(
    notice: &Notice,
    secret: Option<&Secret>,
    body: &Value,
    kind: &str,
    at: governance::time::Timestamp,
) -> Result<(Headers, Vec<u8>), Failure> {
    let body = body.to_string().into_bytes();
    let mut headers = vec![("content-type", kind.to_owned())];
    if let Some(secret) = secret {
        let three = secret.headers(&notice.id.to_string(), at, &body);
        headers.extend(three.map_err(|e| Failure { why: e.detail, lasting: true })?);
    }
    Ok((headers, body))
}

/// Notes it; a message that another node took meanwhile is that node's.
async fn settle(governance: &Governance, notice: &Notice, attempt: &Attempt) -> Result<()> {
    let ctx = governance.ctx(Actor::System("notices"));
    match governance.notice_settle(&ctx, notice, attempt).await {
        Err(e) if e.kind == Wrong::Conflict => Ok(()),
        other => other.map(drop),
    }
}
