//! The graph as a picture; what it shows stands in the table below it.
use super::graph::{Graph, HEIGHT, Line, Node, WIDTH};
use governance::text::visible_line;
use leptos::prelude::*;

/// Characters of a name that fit into its box.
const FITS: usize = 20;
/// Room for the arrows and the outlines.
const EDGE: usize = 4;

pub fn picture(graph: &Graph, sentence: String) -> impl IntoView + use<> {
    let size = format!("-{EDGE} -{EDGE} {} {}", graph.width + 2 * EDGE, graph.height + 2 * EDGE);
    let (width, height) = ((graph.width + 2 * EDGE).to_string(), (graph.height + 2 * EDGE).to_string());
    let most = graph.lines.iter().map(|l| l.n).max().unwrap_or(1).max(1);
    let lines = graph.lines.iter().map(|l| line(graph, l, most)).collect_view();
    let nodes = graph.nodes.iter().map(node).collect_view();
    view! {
        <div class="hnd-scroll" role="region" aria-label="The graph, wider than a phone" tabindex="0">
            <svg class="hnd-graph" viewBox=size width=width height=height role="img" aria-label=sentence>
                <defs>
                    <marker id="hnd-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
                        <path class="hnd-tip" d="M0 0 8 4 0 8z"/>
                    </marker>
                </defs>
                {lines}
                {nodes}
            </svg>
        </div>
    }
}

fn line(graph: &Graph, l: &Line, most: i64) -> impl IntoView + use<> {
    let (from, to) = (&graph.nodes[l.from], &graph.nodes[l.to]);
    let (x1, y1) = (from.x + WIDTH, from.y + HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + HEIGHT / 2);
    let path = match to.x > from.x {
        true => {
            let middle = usize::midpoint(x1, x2);
            format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}")
        }
        // back or beside: around the right of one and the left of the other
        false => {
            let (out, back) = (x1 + 40, i64::try_from(x2).unwrap_or(0) - 40);
            format!("M{x1} {y1}C{out} {} {back} {} {x2} {y2}", y1 + HEIGHT, y2 + HEIGHT)
        }
    };
    // five widths are told apart: the root of its share
    let width = 1 + (l.n * 16 / most).isqrt();
    let class = if l.denied * 2 > l.n { "hnd-line hnd-line-denied" } else { "hnd-line" };
    view! { <path class=class d=path stroke-width=width.to_string() marker-end="url(#hnd-tip)"/> }
}

fn node(n: &Node) -> impl IntoView + use<> {
    let name = visible_line(&n.name);
    let short = match name.chars().count() > FITS {
        true => name.chars().take(FITS - 1).chain(['…']).collect(),
        false => name.into_owned(),
    };
    let class = if n.person { "hnd-box hnd-person" } else { "hnd-box" };
    let radius = if n.person { HEIGHT / 2 } else { 4 };
    view! {
        <g>
            <rect class=class x=n.x.to_string() y=n.y.to_string() width=WIDTH.to_string() height=HEIGHT.to_string() rx=radius.to_string()/>
            <text class="hnd-name" x=(n.x + 12).to_string() y=(n.y + 20).to_string()>{short}</text>
        </g>
    }
}
