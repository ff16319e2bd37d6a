//! Where the boxes of the graph stand: columns by the distance from those who begin, rows in the order of use.
use governance::store::handoffs::Edge;
use std::collections::BTreeMap;

/// Pairs that are drawn, the busiest; the table has them all.
pub const DRAWN: usize = 40;
pub const WIDTH: usize = 168;
pub const HEIGHT: usize = 30;
const COLUMN: usize = 224;
const ROW: usize = 46;
/// Columns at most: a chain has eight links, and a person before them.
const DEEPEST: usize = 9;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub person: bool,
    pub x: usize,
    pub y: usize,
}

/// A line between two boxes, by their places in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub from: usize,
    pub to: usize,
    pub n: i64,
    pub denied: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub lines: Vec<Line>,
    pub width: usize,
    pub height: usize,
}

/// Lays the busiest pairs out; `edges` has them first.
#[must_use]
pub fn of(edges: &[Edge]) -> Graph {
    let edges = &edges[..edges.len().min(DRAWN)];
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut graph = Graph::default();
    let mut place = |graph: &mut Graph, id: String, name: String, person: bool| {
        *places.entry(id).or_insert_with(|| {
            graph.nodes.push(Node { name, person, x: 0, y: 0 });
            graph.nodes.len() - 1
        })
    };
    for e in edges {
        let unknown = || "no longer in the register".to_owned();
        let from =
            place(&mut graph, e.from_id.clone(), e.from_name.clone().unwrap_or_else(unknown), e.from_kind == "person");
        let to = place(&mut graph, e.to_id.to_string(), e.to_name.clone(), false);
        graph.lines.push(Line { from, to, n: e.answers.all(), denied: e.answers.denies });
    }
    let depths = depths(graph.nodes.len(), &graph.lines);
    let mut rows = [0; DEEPEST];
    for (node, depth) in graph.nodes.iter_mut().zip(depths) {
        (node.x, node.y) = (depth * COLUMN, rows[depth] * ROW);
        rows[depth] += 1;
        graph.width = graph.width.max(node.x + WIDTH);
        graph.height = graph.height.max(node.y + HEIGHT);
    }
    graph
}

/// How far each stands from one who begins: who is handed nothing, else the busiest.
fn depths(nodes: usize, lines: &[Line]) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> = vec![None; nodes];
    let begins: Vec<usize> = (0..nodes).filter(|n| !lines.iter().any(|l| l.to == *n)).collect();
    let mut next = if begins.is_empty() { lines.first().map(|l| l.from).into_iter().collect() } else { begins };
    loop {
        let mut depth = 0;
        while !next.is_empty() && depth < DEEPEST {
            for node in &next {
                depths[*node].get_or_insert(depth);
            }
            let reached = lines.iter().filter(|l| next.contains(&l.from) && depths[l.to].is_none()).map(|l| l.to);
            next = reached.collect();
            depth += 1;
        }
        // a circle that nobody of those leads into
        match depths.iter().position(Option::is_none) {
            Some(left) => next = vec![left],
            None => return depths.into_iter().flatten().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governance::id::IdentityId;
    use governance::store::handoffs::Answers;
    use governance::time::Timestamp;

    fn edge(from: &str, to: &str, n: i64) -> Edge {
        let id = |name: &str| IdentityId::new(Timestamp::EPOCH, [name.as_bytes()[0]; 10]);
        let person = from.starts_with('P');
        Edge {
            from_kind: if person { "person" } else { "identity" }.into(),
            from_id: if person { from.to_owned() } else { id(from).to_string() },
            from_name: Some(from.into()),
            to_id: id(to),
            to_name: to.into(),
            answers: Answers { permits: n, escalates: 0, denies: 0 },
            last_at: Timestamp::EPOCH,
        }
    }
    fn columns(edges: &[Edge]) -> Vec<(String, usize)> {
        of(edges).nodes.into_iter().map(|n| (n.name, n.x / COLUMN)).collect()
    }

    #[test]
    fn who_begins_stands_left_and_each_is_one_box() {
        let all = [edge("P", "a", 9), edge("a", "b", 5), edge("a", "c", 4), edge("b", "c", 1)];
        let want = [("P", 0), ("a", 1), ("b", 2), ("c", 2)].map(|(n, c)| (n.to_owned(), c));
        assert_eq!(columns(&all), want);
        let graph = of(&all);
        assert_eq!((graph.lines.len(), graph.nodes[0].person, graph.nodes[3].y), (4, true, ROW));
        assert_eq!((graph.width, graph.height), (2 * COLUMN + WIDTH, ROW + HEIGHT));
    }

    #[test]
    fn circles_have_places_too() {
        let want = [("a", 0), ("b", 1), ("x", 0), ("y", 1)].map(|(n, c)| (n.to_owned(), c));
        assert_eq!(columns(&[edge("a", "b", 9), edge("b", "a", 5), edge("x", "y", 1), edge("y", "x", 1)]), want);
        assert_eq!(of(&[]), Graph::default());
    }

    #[test]
    fn a_line_longer_than_any_chain_stays_in_the_picture() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let edges: Vec<_> = names.windows(2).map(|p| edge(p[0], p[1], 1)).collect();
        assert!(of(&edges).nodes.iter().all(|n| n.x <= (DEEPEST - 1) * COLUMN));
    }
}
