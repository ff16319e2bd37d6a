use leptos::prelude::*;

/// Counts by row and column, five steps of one colour; nothing is the palest. Every tenth of a heatmap's meaning is in its
/// table: give one.
///
/// `<Heatmap rows=weekdays columns=hours values unit="blocked"/>`
#[component]
pub fn Heatmap(
    rows: Vec<String>,
    columns: Vec<String>,
    /// One list a row, one count a column.
    values: Vec<Vec<i64>>,
    /// What is counted, in the plural: stands in each cell's tip.
    unit: &'static str,
) -> impl IntoView {
    let largest = values.iter().flatten().copied().max().unwrap_or(0);
    let (across, down) = (share(columns.len()), share(rows.len()));
    let cells = values.iter().enumerate().flat_map(|(r, line)| line.iter().enumerate().map(move |(c, v)| (r, c, *v)));
    let cells = cells.map(|(r, c, value)| {
        let tip = format!(
            "{} {}: {value} {unit}",
            rows.get(r).map_or("", String::as_str),
            columns.get(c).map_or("", String::as_str)
        );
        view! {
            <rect class=STEPS[level(value, largest)] x=at(c, across, 0.0) y=at(r, down, 0.0) width=at(1, across * 0.9, 0.0) height=at(1, down * 0.84, 0.0) rx="2">
                <title>{tip}</title>
            </rect>
        }
    });
    let cells = cells.collect_view();
    let names = rows.iter().enumerate().map(
        |(r, name)| view! { <text x="0" y=at(r, down, down * 0.45) dominant-baseline="middle">{name.clone()}</text> },
    );
    let names = names.collect_view();
    let every = columns.len().div_ceil(8).max(1);
    let heads = columns
        .iter()
        .enumerate()
        .filter(move |(c, _)| c % every == 0)
        .map(|(c, name)| view! { <text x=at(c, across, 0.0) y="14">{name.clone()}</text> });
    view! {
        <div class="heatmap">
            <svg class="axis-y" aria-hidden="true">{names}</svg>
            <svg class="axis-plot" aria-hidden="true">{cells}</svg>
            <svg class="axis-x" aria-hidden="true">{heads.collect_view()}</svg>
        </div>
    }
}

const STEPS: [&str; 5] = ["fill-s1", "fill-s2", "fill-s3", "fill-s4", "fill-s5"];

/// Nothing is step 0; the rest is divided evenly, the largest being step 4.
fn level(value: i64, largest: i64) -> usize {
    if value <= 0 || largest <= 0 {
        return 0;
    }
    let step = (i128::from(value) * 4 + i128::from(largest) - 1) / i128::from(largest);
    usize::try_from(step.clamp(1, 4)).unwrap_or(4)
}

#[expect(clippy::cast_precision_loss, reason = "a map has a handful of rows")]
fn share(n: usize) -> f64 {
    if n == 0 { 100.0 } else { 100.0 / n as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "a map has a handful of rows")]
fn at(i: usize, each: f64, plus: f64) -> String {
    format!("{:.2}%", i as f64 * each + plus)
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn only_nothing_looks_like_nothing() {
        for (value, largest, step) in
            [(0, 0, 0), (0, 9, 0), (1, 1_000, 1), (500, 1_000, 2), (501, 1_000, 3), (1_000, 1_000, 4), (1, 1, 4)]
        {
            assert_eq!(level(value, largest), step, "{value} of {largest}");
        }
    }
}
