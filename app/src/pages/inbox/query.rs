//! What the address of the inbox says: which list, of which tier, from where on. Every view is a link.
use crate::paths;
use governance::{
    error::{Error, Result},
    escalation::Tier,
    id::EscalationId,
    time::Timestamp,
};
use leptos_router::params::ParamsMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What the viewer can decide and has not.
    Mine,
    /// Everything that waits for people.
    All,
    /// What has been decided or has ended, the newest first.
    Decided,
}

impl View {
    pub const ALL: [Self; 3] = [Self::Mine, Self::All, Self::Decided];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::All => "all",
            Self::Decided => "decided",
        }
    }
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mine => "For me",
            Self::All => "All waiting",
            Self::Decided => "Decided",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    pub view: View,
    pub tier: Option<Tier>,
    /// The last row of the page before.
    pub after: Option<(Timestamp, EscalationId)>,
}

impl Query {
    /// # Errors
    /// `Invalid` for a word that is none of the choices.
    pub fn read(params: &ParamsMap) -> Result<Self> {
        let view = match params.get("view") {
            None => View::Mine,
            Some(word) => View::ALL
                .into_iter()
                .find(|v| v.as_str() == word)
                .ok_or_else(|| Error::invalid(format!("view={word}: there are the views mine, all and decided")))?,
        };
        let tier = params.get("tier").filter(|t| !t.is_empty());
        let tier = tier.map(|t| {
            let all = Tier::ALL.map(Tier::as_str).join(", ");
            t.parse().map_err(|()| Error::invalid(format!("tier={t}: there are the tiers {all}")))
        });
        let after = params.get("after").map(|text| {
            place(&text)
                .ok_or_else(|| Error::invalid(format!("after={text}: this is no place in the list; go to its start")))
        });
        Ok(Self { view, tier: tier.transpose()?, after: after.transpose()? })
    }

    /// The address of this list, or of one of its cards beside it.
    pub fn href(self, id: Option<EscalationId>) -> String {
        let mut pairs = Vec::new();
        if self.view != View::Mine {
            pairs.push(format!("view={}", self.view.as_str()));
        }
        pairs.extend(self.tier.map(|t| format!("tier={t}")));
        pairs.extend(self.after.map(|(at, id)| format!("after={}-{id}", at.micros())));
        let path = id.map_or_else(|| paths::INBOX.to_owned(), |id| format!("{}/{id}", paths::INBOX));
        if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
    }
    pub fn with_view(self, view: View) -> Self {
        Self { view, after: None, ..self }
    }
    pub fn with_tier(self, tier: Option<Tier>) -> Self {
        Self { tier, after: None, ..self }
    }
    pub fn with_after(self, after: Option<(Timestamp, EscalationId)>) -> Self {
        Self { after, ..self }
    }
}

fn place(text: &str) -> Option<(Timestamp, EscalationId)> {
    let (micros, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(micros.parse().ok()?)?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> ParamsMap {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        let id = EscalationId::new(Timestamp::EPOCH, [3; 10]);
        let at = Timestamp::from_micros(1_795_251_600_000_123).unwrap();
        for view in View::ALL {
            for tier in [None, Some(Tier::Critical)] {
                for after in [None, Some((at, id))] {
                    let query = Query { view, tier, after };
                    let href = query.href(Some(id));
                    let pairs: Vec<_> = href
                        .split_once('?')
                        .map_or("", |(_, q)| q)
                        .split('&')
                        .filter_map(|p| p.split_once('='))
                        .collect();
                    assert_eq!(Query::read(&params(&pairs)).unwrap(), query, "{href}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        for (name, value) in [("view", "theirs"), ("tier", "huge"), ("after", "x"), ("after", "1-x")] {
            let e = Query::read(&params(&[(name, value)])).unwrap_err();
            assert!(e.detail.contains(value), "{}", e.detail);
        }
    }
}
