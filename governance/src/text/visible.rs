//! Characters that do not show, shown (semantics.md "Hostile input").
use std::borrow::Cow;

/// Control, bidi, zero-width, tag and other characters without a look of their own become `⟦U+202E⟧`.
///
/// Line feeds and tabs stay: the box keeps the lines of what was written. `⟦` itself is spelled out, so nobody can
/// write a mark that was not there.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    spell(text, |c| c != '\n' && c != '\t' && is_hidden(c))
}

/// [`visible`] for names, headlines and messages: line feeds and tabs are spelled out as well.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
    spell(text, is_hidden)
}

/// Whether the text holds a character that [`visible`] would have to spell out.
#[must_use]
pub fn hidden(text: &str) -> bool {
    matches!(visible(text), Cow::Owned(_))
}

fn spell(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if c == '⟦' || (hidden(c) && !is_style(before, c)) {
            let out = out.get_or_insert_with(|| text[..at].to_owned());
            out.push_str(&format!("⟦U+{:04X}⟧", u32::from(c)));
        } else if let Some(out) = &mut out {
            out.push(c);
        }
        before = Some(c);
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// One emoji-or-text selector after a symbol is how people write `⚠️`; a run of them is how data is smuggled.
fn is_style(before: Option<char>, c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
        && before.is_some_and(|b| !b.is_alphanumeric() && !b.is_whitespace() && !is_hidden(b))
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f // soft hyphen, joiners, fillers
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f // zero width, separators, bidi
            | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb // blanks, selectors, annotations
            | 0x1_bca0..=0x1_bca3 | 0x1_d173..=0x1_d17a // shorthand and music controls
            | 0xe_0000..=0xe_0fff) // tags and the other selectors
}

/// A cell no spreadsheet takes for a formula: a leading `=`, `+`, `-`, `−`, `@`, tab or line end gets a `'` before it.
///
/// For cells of text; a number of ours is written as a number.
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '−' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_spelled_out() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            assert_eq!(visible(text), want);
            assert_eq!(hidden(text), text != want);
        }
        check("plain, naïve, 東京, 😀\n\tand a tab", "plain, naïve, 東京, 😀\n\tand a tab");
        check("pay \u{202e}002$\u{202c}", "pay ⟦U+202E⟧002$⟦U+202C⟧");
        check("a\u{200b}b\u{feff}c\u{2066}", "a⟦U+200B⟧b⟦U+FEFF⟧c⟦U+2066⟧");
        check("\u{e0041}\u{e0042}hi", "⟦U+E0041⟧⟦U+E0042⟧hi");
        check("a\u{0}b\u{1b}[31m\r\u{85}", "a⟦U+0000⟧b⟦U+001B⟧[31m⟦U+000D⟧⟦U+0085⟧");
        check("⟦U+202E⟧", "⟦U+27E6⟧U+202E⟧");
        check("⚠\u{fe0f} careful", "⚠\u{fe0f} careful");
        check("⚠\u{fe0f}\u{fe0f}\u{fe01}", "⚠\u{fe0f}⟦U+FE0F⟧⟦U+FE01⟧");
        check("a\u{fe0f}", "a⟦U+FE0F⟧");
        check("x\u{3164}y\u{00ad}z\u{2028}", "x⟦U+3164⟧y⟦U+00AD⟧z⟦U+2028⟧");
        assert_eq!(visible_line("a\nb\tc"), "a⟦U+000A⟧b⟦U+0009⟧c");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for start in ["=", "+", "-", "−", "@", "\t", "\r", "\n", "＝"] {
            let cell = format!("{start}HYPERLINK(\"x\")");
            assert_eq!(csv_cell(&cell), format!("'{cell}"));
        }
        for plain in ["", "a=b", "1+1", " =x", "'=x"] {
            assert_eq!(csv_cell(plain), plain);
        }
    }
}
