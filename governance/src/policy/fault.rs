//! What is wrong with a bundle, and where: the line `policy check` prints.
use serde::{Deserialize, Serialize};

/// One mistake in a bundle. Everything that refuses a bundle names the file and, where there is one, line and rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// Path inside the bundle, such as `policies/refunds.cedar`.
    pub file: String,
    /// Counted from 1.
    pub line: Option<u32>,
    /// The rule's `@id`.
    pub rule: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Fault {
    pub fn new(file: impl Into<String>, line: Option<u32>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, rule: None, message: one_line(&message.into()) }
    }
    #[must_use]
    pub fn of_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, ": rule `{rule}`")?;
        }
        write!(f, ": {}", self.message)
    }
}
impl std::error::Error for Fault {}

/// The line, from 1, on which the byte at `offset` stands.
#[must_use]
pub fn line_at(text: &str, offset: usize) -> u32 {
    let before = &text.as_bytes()[..offset.min(text.len())];
    u32::try_from(before.iter().filter(|b| **b == b'\n').count()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_clear_line() {
        let fault = Fault::new("policies/a.cedar", Some(3), "no\nsuch  thing").of_rule("r");
        assert_eq!(fault.to_string(), "policies/a.cedar:3: rule `r`: no such thing");
        assert_eq!(Fault::new("bundle.toml", None, "missing").to_string(), "bundle.toml: missing");
        assert_eq!(line_at("a\nb\nc", 2), 2);
        assert_eq!(line_at("a", 99), 1);
    }
}
