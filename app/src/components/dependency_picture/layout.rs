//! Where boxes and lines go: layers from left to right or from top to bottom, worked out by the
//! dagre library.

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, RankDir};

/// A larger picture would be neither readable nor quickly laid out.
pub const NODES_MAX: usize = 200;
/// A box's width in pixels.
pub const NODE_WIDTH: f64 = 176.0;
/// A box's height in pixels.
pub const NODE_HEIGHT: f64 = 52.0;
/// Free space around everything, in pixels.
const MARGIN: f64 = 12.0;

/// A picture with its measures, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The whole width.
    pub width: f64,
    /// The whole height.
    pub height: f64,
    /// Left and upper edge of each box.
    pub nodes: Vec<(f64, f64)>,
    /// The lines between them.
    pub edges: Vec<Edge>,
}

/// A line from a step to one that waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The step it leaves.
    pub from: usize,
    /// How it runs, as the `d` of a path.
    pub path: String,
}

/// Where a picture goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Right,
    /// From top to bottom.
    Down,
}

/// Places boxes and lines; the same lists always give the same picture.
pub fn place(dependencies: &[Vec<usize>], direction: Direction) -> Placed {
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: true,
    });
    for index in 0..dependencies.len() {
        let label = NodeLabel {
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
            ..NodeLabel::default()
        };
        graph.set_node(name(index), Some(label));
    }
    let pairs: Vec<_> = pairs(dependencies).collect();
    for (from, to) in &pairs {
        graph.set_edge(name(*from), name(*to), Some(EdgeLabel::default()), None);
    }
    let (rankdir, ranksep) = match direction {
        Direction::Right => (RankDir::LR, 36.0),
        Direction::Down => (RankDir::TB, 32.0),
    };
    let options = LayoutOptions {
        rankdir,
        nodesep: 20.0,
        edgesep: 12.0,
        ranksep,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    if !dependencies.is_empty() {
        dagre::layout(&mut graph, Some(options));
    }
    read(&graph, dependencies.len(), &pairs, direction)
}

/// Every dependency that leads to a box, as from and to.
fn pairs(dependencies: &[Vec<usize>]) -> impl Iterator<Item = (usize, usize)> + '_ {
    dependencies.iter().enumerate().flat_map(move |(to, list)| {
        list.iter()
            .filter(move |from| **from < dependencies.len() && **from != to)
            .map(move |from| (*from, to))
    })
}

fn read(
    graph: &Graph<NodeLabel, EdgeLabel>,
    count: usize,
    pairs: &[(usize, usize)],
    direction: Direction,
) -> Placed {
    let nodes: Vec<_> = (0..count)
        .map(|index| {
            let label = graph.node(&name(index));
            let centre = |value: Option<f64>| value.unwrap_or_default();
            (
                rounded(centre(label.and_then(|l| l.x)) - NODE_WIDTH / 2.0),
                rounded(centre(label.and_then(|l| l.y)) - NODE_HEIGHT / 2.0),
            )
        })
        .collect();
    let edges = pairs
        .iter()
        .filter_map(|(from, to)| {
            let label = graph.edge(&name(*from), &name(*to), None)?;
            Some(Edge {
                from: *from,
                path: smooth(
                    &between(nodes[*from], nodes[*to], &label.points, direction),
                    direction,
                ),
            })
        })
        .collect();
    let far = |edge: fn(&(f64, f64)) -> f64| nodes.iter().map(edge).fold(0.0, f64::max);
    Placed {
        width: far(|node| node.0) + NODE_WIDTH + MARGIN,
        height: far(|node| node.1) + NODE_HEIGHT + MARGIN,
        nodes,
        edges,
    }
}

fn name(index: usize) -> String {
    index.to_string()
}

/// Halves of a pixel are fine enough, and print alike on both sides.
fn rounded(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}

/// The points of a line that leaves one box in the middle of its far side and reaches the next in
/// the middle of its near one. The library's own ends may lie on the other sides.
fn between(
    from: (f64, f64),
    to: (f64, f64),
    points: &[Point],
    direction: Direction,
) -> Vec<(f64, f64)> {
    let inner = points
        .get(1..points.len().saturating_sub(1))
        .unwrap_or_default();
    // Between neighbouring layers nothing is in the way: one curve is enough.
    let inner = if inner.len() > 1 { inner } else { &[] };
    let (middle_x, middle_y) = (NODE_WIDTH / 2.0, NODE_HEIGHT / 2.0);
    let (start, end) = match direction {
        Direction::Right => (
            (from.0 + NODE_WIDTH, from.1 + middle_y),
            (to.0, to.1 + middle_y),
        ),
        Direction::Down => (
            (from.0 + middle_x, from.1 + NODE_HEIGHT),
            (to.0 + middle_x, to.1),
        ),
    };
    let inner = inner
        .iter()
        .map(|point| (rounded(point.x), rounded(point.y)))
        .filter(|(x, y)| match direction {
            Direction::Right => *x > start.0 && *x < end.0,
            Direction::Down => *y > start.1 && *y < end.1,
        });
    std::iter::once(start).chain(inner).chain([end]).collect()
}

/// A line through all points that leaves and arrives straight on.
fn smooth(points: &[(f64, f64)], direction: Direction) -> String {
    let mut points = points.iter();
    let Some(&(mut x, mut y)) = points.next() else {
        return String::new();
    };
    let mut path = format!("M{x} {y}");
    for (to_x, to_y) in points {
        match direction {
            Direction::Right => {
                let middle = rounded(f64::midpoint(x, *to_x));
                path.push_str(&format!("C{middle} {y} {middle} {to_y} {to_x} {to_y}"));
            }
            Direction::Down => {
                let middle = rounded(f64::midpoint(y, *to_y));
                path.push_str(&format!("C{x} {middle} {to_x} {middle} {to_x} {to_y}"));
            }
        }
        (x, y) = (*to_x, *to_y);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diamond() -> Vec<Vec<usize>> {
        vec![vec![], vec![0], vec![1], vec![1], vec![2, 3]]
    }

    #[test]
    fn every_box_lies_right_of_those_it_waits_for() {
        let placed = place(&diamond(), Direction::Right);
        for (to, list) in diamond().iter().enumerate() {
            for from in list {
                assert!(placed.nodes[*from].0 + NODE_WIDTH < placed.nodes[to].0);
            }
        }
        assert_eq!(placed.edges.len(), 5);
        assert!(placed.edges.iter().all(|edge| edge.path.starts_with('M')));
    }

    #[test]
    fn downwards_every_box_lies_below_those_it_waits_for() {
        let placed = place(&diamond(), Direction::Down);
        for (to, list) in diamond().iter().enumerate() {
            for from in list {
                assert!(placed.nodes[*from].1 + NODE_HEIGHT < placed.nodes[to].1);
            }
        }
        let (x, y) = placed.nodes[0];
        let start = format!("M{} {}C", x + NODE_WIDTH / 2.0, y + NODE_HEIGHT);
        assert!(placed.edges[0].path.starts_with(&start));
        assert!(placed.width < place(&diamond(), Direction::Right).width);
    }

    #[test]
    fn a_line_runs_from_the_right_side_to_the_left_side() {
        let placed = place(&diamond(), Direction::Right);
        let (x, y) = placed.nodes[0];
        let start = format!("M{} {}C", x + NODE_WIDTH, y + NODE_HEIGHT / 2.0);
        assert!(placed.edges[0].path.starts_with(&start));
        let (x, y) = placed.nodes[1];
        let end = format!(" {x} {}", y + NODE_HEIGHT / 2.0);
        assert!(placed.edges[0].path.ends_with(&end));
    }

    #[test]
    fn the_same_steps_always_give_the_same_picture() {
        let wide: Vec<Vec<usize>> = (0..60usize)
            .map(|i| match i {
                0 => vec![],
                1 | 2 => vec![0],
                _ => vec![i / 3, i / 2 + 1],
            })
            .collect();
        let first = place(&wide, Direction::Right);
        for _ in 0..20 {
            assert_eq!(place(&wide, Direction::Right), first);
        }
    }

    #[test]
    fn a_circle_or_an_unknown_step_still_gives_a_picture() {
        let placed = place(&[vec![1, 9], vec![0], vec![2]], Direction::Right);
        assert_eq!(placed.nodes.len(), 3);
    }

    #[test]
    fn no_steps_give_an_empty_picture() {
        assert!(place(&[], Direction::Right).nodes.is_empty());
    }
}
