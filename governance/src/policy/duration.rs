//! Lengths of time as bundles write them: ISO 8601 (`PT30M`) in annotations, `24h` in bundle.toml.

/// Seconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds. Years and months have no fixed length and
/// are refused, as are fractions and zero.
#[must_use]
pub fn iso_seconds(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(d, t)| (d, Some(t)));
    if time.is_some_and(str::is_empty) {
        return None;
    }
    let days = units(days, &[('W', 604_800), ('D', 86_400)])?;
    let time = units(time.unwrap_or(""), &[('H', 3_600), ('M', 60), ('S', 1)])?;
    days.checked_add(time).filter(|s| *s > 0)
}

/// Seconds of `90s`, `30m`, `24h`, `7d` or of an ISO 8601 duration.
#[must_use]
pub fn seconds(text: &str) -> Option<u32> {
    if text.starts_with('P') {
        return iso_seconds(text);
    }
    units(text, &[('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)]).filter(|s| *s > 0)
}

/// Reads `number unit` pairs whose units come in the order given, each at most once.
fn units(text: &str, allowed: &[(char, u32)]) -> Option<u32> {
    let mut total: u32 = 0;
    let mut next = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
        let number: u32 = rest[..end].parse().ok()?;
        let unit = rest[end..].chars().next()?;
        let at = allowed.iter().skip(next).position(|(u, _)| *u == unit)? + next;
        total = total.checked_add(number.checked_mul(allowed[at].1)?)?;
        next = at + 1;
        rest = &rest[end + unit.len_utf8()..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_or_are_refused() {
        for (text, want) in [
            ("PT30M", Some(1_800)),
            ("PT1H30M", Some(5_400)),
            ("P1D", Some(86_400)),
            ("P1DT1S", Some(86_401)),
            ("P2W", Some(1_209_600)),
            ("PT0S", None),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("P1M", None),
            ("P1Y", None),
            ("PT1.5H", None),
            ("PT-5M", None),
            ("PT5M1H", None),
            ("30M", None),
            ("PT99999999999H", None),
        ] {
            assert_eq!(iso_seconds(text), want, "{text}");
        }
        for (text, want) in
            [("24h", Some(86_400)), ("1h30m", Some(5_400)), ("P1D", Some(86_400)), ("h", None), ("", None)]
        {
            assert_eq!(seconds(text), want, "{text}");
        }
    }
}
