//! How the console looks to one browser: kept in cookies, so that the first byte of a page is already right.
use governance::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Light or dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [(Self, &'static str); 3] = [(Self::System, "system"), (Self::Light, "light"), (Self::Dark, "dark")];
}

/// Height of rows and controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Density {
    Compact,
    Regular,
    Comfortable,
}

impl Density {
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Compact, "compact"), (Self::Regular, "regular"), (Self::Comfortable, "comfortable")];
}

fn word<T: PartialEq>(all: &[(T, &'static str)], value: &T) -> &'static str {
    all.iter().find(|(v, _)| v == value).map_or("", |(_, word)| word)
}
fn value<T: Copy>(all: &[(T, &'static str)], text: &str) -> Result<T> {
    all.iter().find(|(_, word)| *word == text).map(|(v, _)| *v).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|(_, word)| *word).collect();
        Error::invalid(format!("{text:?} is none of {}", words.join(", ")))
    })
}

impl Theme {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, &self)
    }
}
impl std::str::FromStr for Theme {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        value(&Self::ALL, text)
    }
}
impl Density {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, &self)
    }
}
impl std::str::FromStr for Density {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        value(&Self::ALL, text)
    }
}

/// What the cookies `theme`, `density` and `keys` say. Anything unreadable counts as not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    pub theme: Theme,
    pub density: Density,
    /// Whether single keys act (WCAG 2.1.4 asks for a way to turn them off).
    pub keys: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { theme: Theme::System, density: Density::Regular, keys: true }
    }
}

impl Look {
    /// Reads the value of a `Cookie` header (RFC 6265 §4.2).
    #[must_use]
    pub fn from_cookies(header: &str) -> Self {
        let mut look = Self::default();
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                "theme" => look.theme = value.parse().unwrap_or(look.theme),
                "density" => look.density = value.parse().unwrap_or(look.density),
                "keys" => look.keys = value != "off",
                _ => {}
            }
        }
        look
    }
    /// One `Set-Cookie` value for each choice. They hold no secret, and the `t` key writes the first, so they are not `HttpOnly`.
    #[must_use]
    pub fn to_cookies(self) -> [String; 3] {
        let keys = if self.keys { "on" } else { "off" };
        [("theme", self.theme.as_str()), ("density", self.density.as_str()), ("keys", keys)]
            .map(|(name, value)| format!("{name}={value}; {COOKIE_LIFE}"))
    }
}

/// Attributes of a cookie that holds a choice of appearance: a year, this site only.
pub const COOKIE_LIFE: &str = "Path=/; Max-Age=31536000; SameSite=Lax";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_read_as_it_was_written() {
        let look = Look { theme: Theme::Dark, density: Density::Compact, keys: false };
        let header = look.to_cookies().map(|c| c.split(';').next().unwrap().to_owned()).join("; ");
        assert_eq!(Look::from_cookies(&header), look);
        assert_eq!(Look::from_cookies("theme=pink; x; density="), Look::default());
    }
}
