//! Patterns with `*` and `?`: against a name, and against each other.

/// A pattern against a whole name. A `*` or `?` of the name is a character like any other, which only a wildcard matches: so of
/// two patterns this says whether the first takes in all that the second does.
#[must_use]
pub fn covers(pattern: &str, name: &str) -> bool {
    matches(pattern.as_bytes(), name.as_bytes())
}

fn matches(p: &[u8], n: &[u8]) -> bool {
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < n.len() {
        match p.get(i) {
            Some(b'*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(&c) if c == n[j] || c == b'?' && n[j] != b'*' => (i, j) = (i + 1, j + 1),
            _ => match star {
                Some((at, from)) => {
                    (i, j) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    p[i..].iter().all(|c| *c == b'*')
}

/// Whether some name matches both patterns.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // most differ before any wildcard, and of most one is a plain name
    let wild = |c: u8| matches!(c, b'*' | b'?');
    let until = |text: &[u8]| text.iter().position(|c| wild(*c)).unwrap_or(text.len());
    let (in_a, in_b) = (until(a), until(b));
    let common = in_a.min(in_b);
    if a[..common] != b[..common] {
        return false;
    }
    match (in_a == a.len(), in_b == b.len()) {
        (true, true) => return a == b,
        (true, false) => return matches(b, a),
        (false, true) => return matches(a, b),
        (false, false) => {}
    }
    // reached[j]: the first i of `a` and the first j of `b` can stand for one text
    let mut reached = vec![false; b.len() + 1];
    reached[0] = true;
    stars(&mut reached, b);
    for &c in a {
        let mut next = vec![false; b.len() + 1];
        if c == b'*' {
            let mut any = false;
            for (j, at) in reached.iter().enumerate() {
                any |= at;
                next[j] = any;
            }
        } else {
            for j in 0..b.len() {
                let meets = b[j] == b'*' || b[j] == b'?' || c == b'?' || b[j] == c;
                next[j + 1] = reached[j] && meets;
                // a star of `b` goes on taking what `a` has
                next[j + 1] |= b[j] == b'*' && reached[j + 1];
            }
        }
        stars(&mut next, b);
        reached = next;
    }
    reached[b.len()]
}

/// A star may stand for nothing.
fn stars(reached: &mut [bool], b: &[u8]) {
    for j in 0..b.len() {
        reached[j + 1] |= reached[j] && b[j] == b'*';
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        for (pattern, name, want) in [
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*", "", true),
            ("?", "", false),
            ("*role*", "passrole", true),
            ("a*b*c", "a1b2b3c", true),
            ("a?", "a*", false),
            ("a*", "a?c*", true),
        ] {
            assert_eq!(covers(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn two_patterns_overlap_where_a_name_matches_both() {
        for (a, b, want) in [
            ("s3:Get*", "s3:*Object", true),
            ("s3:Get*", "s3:Put*", false),
            ("*", "", true),
            ("a?c", "ab*", true),
            ("a", "?", true),
            ("a*b", "b*a", false),
            ("*a", "a*", true),
        ] {
            assert_eq!((overlap(a, b), overlap(b, a)), (want, want), "{a} {b}");
        }
    }

    /// All names of up to five letters of two.
    fn names() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..5 {
            last = last.iter().flat_map(|n| ["a", "b"].map(|c| format!("{n}{c}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    proptest! {
        #[test]
        fn they_say_of_patterns_what_holds_of_names(a in "[ab?*]{0,4}", b in "[ab?*]{0,4}") {
            let both = names().iter().any(|n| covers(&a, n) && covers(&b, n));
            // a name that both match need not be longer than both together
            if a.len() + b.len() <= 5 || both {
                prop_assert_eq!(overlap(&a, &b), both, "overlap {} {}", a, b);
            }
            if covers(&a, &b) {
                for n in names().iter().filter(|n| covers(&b, n)) {
                    prop_assert!(covers(&a, n), "{} covers {} but not {}", a, b, n);
                }
            }
        }
    }
}
