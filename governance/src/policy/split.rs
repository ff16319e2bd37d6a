//! Splits a `.cedar` file into its policies, so that each keeps its own text and line.

/// The texts of the policies in a file, each with the byte offset of its first token. Comments before a policy are not
/// part of it. What follows the last `;` is a piece of its own unless it is blank, for the parser to refuse.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = line_end(bytes, at);
                continue;
            }
            b'"' => {
                start.get_or_insert(at);
                at = string_end(bytes, at);
                continue;
            }
            b';' => {
                let from = start.take().unwrap_or(at);
                pieces.push((from, &text[from..=at]));
            }
            byte if !byte.is_ascii_whitespace() => {
                start.get_or_insert(at);
            }
            _ => {}
        }
        at += 1;
    }
    if let Some(from) = start {
        pieces.push((from, text[from..].trim_end()));
    }
    pieces
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| from + n)
}

/// Just behind the closing quote.
fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_keep_their_text_and_comments_and_strings_do_not_split_them() {
        let text = "// permit(a);\n@id(\"a;\\\"b\") permit(principal, action, resource); // c;\n\nforbid(x)\n when { // ; no\n y };\n ";
        let pieces: Vec<_> = split(text).into_iter().map(|(_, t)| t).collect();
        assert_eq!(
            pieces,
            ["@id(\"a;\\\"b\") permit(principal, action, resource);", "forbid(x)\n when { // ; no\n y };"]
        );
        assert_eq!(split(text)[0].0, 14);
    }

    #[test]
    fn an_unfinished_policy_is_a_piece_and_blanks_are_none() {
        assert_eq!(split("permit(x);\n forbid(y)\n"), [(0, "permit(x);"), (12, "forbid(y)")]);
        assert_eq!(split("  \n// only words\n"), []);
        assert_eq!(split("\"open").len(), 1);
        assert_eq!(split("é \"ü\\"), [(0, "é \"ü\\")]);
    }
}
