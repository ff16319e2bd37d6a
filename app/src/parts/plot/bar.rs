use leptos::prelude::*;

const FILLS: [&str; 5] = ["fill-c1", "fill-s2", "fill-unknown", "fill-c3", "fill-c5"];

/// One bar: its name, its parts in the order of the legend (any unit: they are laid out by share), and what stands at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub name: String,
    pub href: Option<String>,
    pub parts: Vec<f64>,
    pub end: String,
}

/// Bars of one length, each divided by share. A bar whose parts are all nothing is left empty.
///
/// `<Bar100 legend=vec!["used".into(), "unused".into()] bars/>`
#[component]
pub fn Bar100(legend: Vec<String>, bars: Vec<Bars>) -> impl IntoView {
    let legend = legend.into_iter().enumerate().map(|(i, name)| {
        view! { <li><svg width="10" height="10" aria-hidden="true"><rect class=FILLS[i % FILLS.len()] width="10" height="10" rx="2"/></svg>{name}</li> }
    });
    let rows = bars.into_iter().map(|bar| {
        let rects = shares(&bar.parts).into_iter().enumerate().filter(|(_, (_, width))| *width > 0.0).map(|(i, (x, width))| {
            view! { <rect class=FILLS[i % FILLS.len()] x=format!("{x:.2}%") width=format!("{width:.2}%") height="14"/> }
        });
        let name = match bar.href {
            Some(href) => view! { <a href=href>{bar.name}</a> }.into_any(),
            None => bar.name.into_any(),
        };
        view! {
            <li>
                <span class="bar-name">{name}</span>
                <svg class="bar" aria-hidden="true" height="14">{rects.collect_view()}</svg>
                <span class="bar-end">{bar.end}</span>
            </li>
        }
    });
    view! { <ul class="bars">{rows.collect_view()}</ul><ul class="legend">{legend.collect_view()}</ul> }
}

/// Start and width of each part, in percent.
fn shares(parts: &[f64]) -> Vec<(f64, f64)> {
    let whole: f64 = parts.iter().sum();
    let mut x = 0.0;
    parts
        .iter()
        .map(|part| {
            let width = if whole > 0.0 { part * 100.0 / whole } else { 0.0 };
            let at = (x, width);
            x += width;
            at
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn parts_fill_the_bar() {
        assert_eq!(shares(&[1.0, 3.0]), [(0.0, 25.0), (25.0, 75.0)]);
        assert_eq!(shares(&[0.0, 0.0]), [(0.0, 0.0), (0.0, 0.0)]);
    }
}
