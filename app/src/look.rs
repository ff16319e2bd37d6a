//! How the console looks to one browser: kept in cookies, so that the first byte of a page is already right.
use serde::{Deserialize, Serialize};

governance::words! {
    /// Light or dark, or as the system says.
    pub enum Theme("theme") { System = "system", Light = "light", Dark = "dark" }
}
governance::words! {
    /// Height of rows and controls.
    pub enum Density("density") { Compact = "compact", Regular = "regular", Comfortable = "comfortable" }
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
