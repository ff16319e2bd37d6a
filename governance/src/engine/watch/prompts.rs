//! Prompts in which secrets stood, as a gateway or an agent saw them: a finding, and nothing of the prompt.
use super::{Noted, Seen, gather};
use crate::engine::{Act, Ctx, Governance, Scope, Write};
use crate::error::{Error, Result};
use crate::store;
use crate::watch::{ACTS_MAX, Prompted, rules};

impl Governance {
    /// Records that secrets stood in prompts: all of them, or none. What a gateway saw is acted on before this returns; an
    /// agent's own word opens findings and never acts alone.
    ///
    /// # Errors
    /// `Forbidden` for an agent the key does not speak for; `Invalid`.
    pub async fn prompt_report(&self, ctx: &Ctx, prompts: &[Prompted]) -> Result<Noted> {
        ctx.authorize(Act::Report)?;
        let key = ctx.key(Scope::Act)?.clone();
        if prompts.is_empty() || prompts.len() > ACTS_MAX {
            return Err(Error::invalid(format!("1 to {ACTS_MAX} prompts in one report")));
        }
        let mut w = self.write(ctx).await?;
        let mut seen = Seen::by(key);
        for prompt in prompts {
            seen.prompt(&mut w, prompt).await?;
        }
        seen.commit(w).await
    }
}

impl Seen {
    async fn prompt(&mut self, w: &mut Write, prompt: &Prompted) -> Result<()> {
        prompt.check()?;
        let (kind, entity) = self.speaks_of(&prompt.agent)?;
        let Some(identity) = self.registered(w, kind, &entity).await? else { return Ok(()) };
        let (subject, at) = (identity.id.to_string(), prompt.at.unwrap_or(w.at()));
        let by = self.key.observed_by();
        let Some(found) = rules::of_prompt(prompt, (&subject, &identity.name), by, at) else { return Ok(()) };
        let known = store::findings::of_subject(&mut w.tx, &subject).await?;
        let known = known.iter().filter(|k| k.found.rule == found.rule).flat_map(|k| &k.found.evidence);
        if prompt.id.is_some() && known.into_iter().any(|line| found.evidence.contains(line)) {
            self.noted.known += 1;
            return Ok(());
        }
        self.noted.recorded += 1;
        gather(&mut self.agent(w, identity).await?.found, found);
        Ok(())
    }
}
