//! Names that pass for other names: mixed scripts, look-alikes (UTS 39), hosts in punycode (UTS 46).
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;
use unicode_security::{MixedScript as _, confusable_detection::skeleton};

/// Whether one word of the text mixes scripts that do not belong together, such as a Cyrillic `а` in `pаypal` (UTS 39).
#[must_use]
pub fn mixed_script(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| !word.is_single_script())
}

/// Which of `known` this name can be taken for without being it (UTS 39 skeletons, case aside).
#[must_use]
pub fn looks_like<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // both ways round: `O` stands for `0` only as a capital, `Α` for `a` only as a small letter
    let before = |s: &str| skeleton(&s.to_lowercase()).collect::<String>();
    let after = |s: &str| skeleton(s).collect::<String>().to_lowercase();
    let (low, bones) = (before(name), after(name));
    known.into_iter().find(|other| *other != name && (before(other) == low || after(other) == bones))
}

/// The host as the network sees it (`pаypal.com` → `xn--pypal-4ve.com`); `None` if it is not a host's name.
#[must_use]
pub fn host_ascii(host: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(host.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore).ok()?;
    Some(ascii.into_owned()).filter(|ascii| !ascii.is_empty())
}

/// Writes after each host with letters outside ASCII how the network sees it: `pаypal.com ⟦xn--pypal-4ve.com⟧`.
///
/// A host is a run of letters, digits, `-` and `.` that ends in an ASCII label or follows `://` or `@`.
#[must_use]
pub fn punycode_hosts(text: &str) -> Cow<'_, str> {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let mut out = String::new();
    let mut rest = text;
    let mut told = false;
    while let Some(start) = rest.find(part) {
        let end = rest[start..].find(|c| !part(c)).map_or(rest.len(), |n| start + n);
        let host = rest[start..end].trim_end_matches(['.', '-']);
        out.push_str(&rest[..start]);
        out.push_str(host);
        if let Some(ascii) = suspicious(host, &out[..out.len() - host.len()]) {
            out.push_str(&format!(" ⟦{ascii}⟧"));
            told = true;
        }
        out.push_str(&rest[start + host.len()..end]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    if told { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

fn suspicious(host: &str, before: &str) -> Option<String> {
    let (_, last) = host.rsplit_once('.')?;
    let addressed = before.ends_with("://") || before.ends_with('@');
    let named = last.len() > 1 && last.bytes().all(|b| b.is_ascii_alphabetic());
    if host.is_ascii() || !(addressed || named) {
        return None;
    }
    host_ascii(host).filter(|ascii| ascii != host)
}

/// What an agent wrote, ready for its box: hidden characters spelled out, hosts told in punycode. Still plain text.
#[must_use]
pub fn agent_words(text: &str) -> String {
    punycode_hosts(&super::visible(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_scripts_is_flagged() {
        for mixed in ["pаypal", "gооgle-ads", "see раypаl now", "αdmin"] {
            assert!(mixed_script(mixed), "{mixed}");
        }
        for plain in ["paypal", "Müller GmbH", "株式会社メルカリ", "Привет world", "refund_42", "한국어漢字", ""]
        {
            assert!(!mixed_script(plain), "{plain}");
        }
    }

    #[test]
    fn a_name_is_told_from_the_one_it_imitates() {
        let known = ["paypal.com", "acme-billing", "agent-10"];
        assert_eq!(looks_like("раураl.com", known), Some("paypal.com"));
        assert_eq!(looks_like("agent-1O", known), Some("agent-10"));
        assert_eq!(looks_like("paypal.com", known), None);
        assert_eq!(looks_like("stripe.com", known), None);
    }

    #[test]
    fn hosts_are_told_in_punycode() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            assert_eq!(punycode_hosts(text), want);
        }
        check("pay https://pаypal.com/x", "pay https://pаypal.com ⟦xn--pypal-4ve.com⟧/x");
        check("mail a@bücher.example.", "mail a@bücher.example ⟦xn--bcher-kva.example⟧.");
        check("see http://пример.рф", "see http://пример.рф ⟦xn--e1afmkfd.xn--p1ai⟧");
        check("stripe.com and 1.50 and Grüße.", "stripe.com and 1.50 and Grüße.");
        check("Да.Нет", "Да.Нет");
        assert_eq!(host_ascii("BÜCHER.example"), Some("xn--bcher-kva.example".into()));
        assert_eq!(host_ascii("a b"), None);
    }

    #[test]
    fn an_agents_words_hide_nothing() {
        assert_eq!(agent_words("ok\u{200b} pаypal.com"), "ok⟦U+200B⟧ pаypal.com ⟦xn--pypal-4ve.com⟧");
    }
}
