//! One stylesheet out of many files: in the order below, without comments and idle white space.
use crate::Result;
use std::{fs, path::Path};

/// Tokens first, then what applies everywhere, then one file a part in alphabetical order.
pub fn bundle(folder: &Path) -> Result<String> {
    let mut parts: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    parts.retain(|name| name.ends_with(".css") && name != "tokens.css" && name != "base.css");
    parts.sort();
    let mut all = String::new();
    for name in ["tokens.css", "base.css"].into_iter().map(String::from).chain(parts) {
        let path = folder.join(name);
        all += &fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        all.push('\n');
    }
    Ok(minify(&all))
}

/// Drops comments, folds white space, and drops it where it separates nothing. Text in quotes is left alone.
pub fn minify(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut chars = css.chars().peekable();
    let mut quote = None;
    let mut space = false;
    while let Some(c) = chars.next() {
        if let Some(q) = quote {
            out.push(c);
            if c == '\\' {
                out.extend(chars.next());
            } else if c == q {
                quote = None;
            }
            continue;
        }
        if c == '/' && chars.peek() == Some(&'*') {
            chars.next();
            let mut last = ' ';
            for c in chars.by_ref() {
                if last == '*' && c == '/' {
                    break;
                }
                last = c;
            }
            space = true;
        } else if c.is_whitespace() {
            space = true;
        } else {
            let before = out.chars().next_back();
            let tight = |c: char| matches!(c, '{' | '}' | ';' | ',' | '>');
            if space && !before.is_none_or(|b| tight(b) || b == ':') && !tight(c) {
                out.push(' ');
            }
            space = false;
            if c == '}' && before == Some(';') {
                out.pop();
            }
            if c == '"' || c == '\'' {
                quote = Some(c);
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::minify;

    #[test]
    fn white_space_goes_where_it_separates_nothing() {
        for (css, expected) in [
            ("a { color : red ; }", "a{color :red}"),
            ("/* why */ a , b > c { margin: 0 auto; }\n", "a,b>c{margin:0 auto}"),
            ("a :hover { width: calc(1px + 2px) }", "a :hover{width:calc(1px + 2px)}"),
            (r#"a::after { content: "/* kept;  } */" }"#, r#"a::after{content:"/* kept;  } */"}"#),
            (r#"a { content: "\"  x" }"#, r#"a{content:"\"  x"}"#),
            ("@media (a) and (b) { x { y: z } }", "@media (a) and (b){x{y:z}}"),
        ] {
            assert_eq!(minify(css), expected);
        }
    }
}
