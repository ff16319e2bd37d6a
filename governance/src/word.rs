//! Closed lists of words: one spelling in code, in both databases, on every wire and on every page.
//!
//! An enum made by [`words!`](crate::words) carries its text with it, so a column, a CSV cell and a JSON member are read by one
//! parser, and a word that is not in the list is refused with the list of those that are.

/// Declares an enum whose values have a fixed spelling.
///
/// It gets `ALL` (in order), `as_str`, `Display`, `FromStr` (the error names the choices), and serde as that text.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident ($what:literal) {
        $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;
            fn from_str(text: &str) -> $crate::error::Result<Self> {
                let same = |v: &Self| v.as_str().bytes().map($crate::word::fold).eq(text.bytes().map($crate::word::fold));
                Self::ALL.iter().copied().find(same).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|v| v.as_str()).collect();
                    $crate::error::Error::invalid(format!(
                        "{:?} is not a {}: one of {}", $crate::word::short(text), $what, known.join(", ")))
                })
            }
        }
    };
}

/// People write `policy-author` and `policy_author`: both are read, one is written.
#[must_use]
pub const fn fold(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte }
}

/// At most forty characters of a word somebody sent, for an error message.
#[must_use]
pub fn short(text: &str) -> String {
    if text.chars().count() <= 40 { text.into() } else { text.chars().take(39).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    crate::words! {
        /// A test's colours.
        pub enum Colour("colour") { Red = "red", DarkBlue = "dark_blue" }
    }

    #[test]
    fn a_word_has_one_spelling_everywhere() {
        for colour in Colour::ALL {
            assert_eq!(colour.as_str().parse::<Colour>().unwrap(), *colour);
            assert_eq!(serde_json::to_value(colour).unwrap(), colour.as_str());
        }
        assert_eq!("dark-blue".parse::<Colour>().unwrap(), Colour::DarkBlue);
        assert_eq!(
            "DarkBlue".parse::<Colour>().unwrap_err().to_string(),
            "\"DarkBlue\" is not a colour: one of red, dark_blue"
        );
    }
}
