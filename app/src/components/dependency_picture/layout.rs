//! Where boxes and lines go: layers from left to right or from top to bottom, each box behind all
//! that it waits for.
//!
//! In three steps: the layer of each box, the order within each layer, the place of each box in
//! it. Nothing is random and no map is gone through, so server and browser draw the same.

mod grid;
mod layers;
mod spread;

use grid::Grid;

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

impl Direction {
    /// How long a box is in this direction, and how wide across it.
    fn measures(self) -> (f64, f64) {
        match self {
            Self::Right => (NODE_WIDTH, NODE_HEIGHT),
            Self::Down => (NODE_HEIGHT, NODE_WIDTH),
        }
    }

    /// Free space between two layers, in pixels.
    fn gap(self) -> f64 {
        match self {
            Self::Right => 36.0,
            Self::Down => 32.0,
        }
    }

    /// What lies so far along the direction and so far across it, as x and y.
    fn point(self, (along, across): (f64, f64)) -> (f64, f64) {
        match self {
            Self::Right => (along, across),
            Self::Down => (across, along),
        }
    }
}

/// Places boxes and lines; the same lists always give the same picture.
pub fn place(dependencies: &[Vec<usize>], direction: Direction) -> Placed {
    let count = dependencies.len();
    let pairs: Vec<_> = pairs(dependencies).collect();
    let layers = layers::layers(count, &pairs);
    let grid = Grid::of(&layers);
    let (length, width) = direction.measures();
    // A lane has no width.
    let half = |spot: usize| if spot < count { width / 2.0 } else { 0.0 };
    let across = across(&spread::spread(&grid, width), half);
    let along = |layer: usize| MARGIN + layer as f64 * (length + direction.gap());
    let nodes: Vec<_> = (0..count)
        .map(|index| direction.point((along(layers.of[index]), across[index] - half(index))))
        .collect();
    let edges = pairs
        .iter()
        .map(|(from, to)| {
            let (first, last) = (layers.of[*from], layers.of[*to]);
            let mut points = vec![(along(first) + length, across[*from])];
            for (lane, layer) in grid.lanes[*from].iter().zip(first + 1..last) {
                // Where it goes straight on, the points between say nothing.
                if points.len() > 1 && points[points.len() - 1].1 == across[*lane] {
                    points.pop();
                } else {
                    points.push((along(layer), across[*lane]));
                }
                points.push((along(layer) + length, across[*lane]));
            }
            points.push((along(last), across[*to]));
            let points: Vec<_> = points.into_iter().map(|p| direction.point(p)).collect();
            Edge {
                from: *from,
                path: smooth(&points, direction),
            }
        })
        .collect();
    let last = layers.of.iter().copied().max().unwrap_or(0);
    let sides = across.iter().enumerate();
    let widest = sides.fold(width, |widest, (spot, middle)| {
        widest.max(middle + half(spot))
    });
    let (width, height) = direction.point((along(last) + length + MARGIN, widest + MARGIN));
    Placed {
        width,
        height,
        nodes,
        edges,
    }
}

/// The middles of all spots, moved so that the first box or lane keeps the margin. `half` is half
/// the width of a spot.
fn across(middles: &[f64], half: impl Fn(usize) -> f64) -> Vec<f64> {
    let sides = middles.iter().enumerate();
    let first = sides.fold(f64::INFINITY, |first, (spot, middle)| {
        first.min(middle - half(spot))
    });
    let moved = |middle: &f64| rounded(middle - first + MARGIN);
    middles.iter().map(moved).collect()
}

/// Every dependency that leads to a box, as from and to.
fn pairs(dependencies: &[Vec<usize>]) -> impl Iterator<Item = (usize, usize)> + '_ {
    dependencies.iter().enumerate().flat_map(move |(to, list)| {
        list.iter()
            .filter(move |from| **from < dependencies.len() && **from != to)
            .map(move |from| (*from, to))
    })
}

/// Halves of a pixel are fine enough, and print alike on both sides.
fn rounded(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
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
    fn no_line_runs_through_a_box() {
        // Everything waits for the first step, and for the one before it.
        let chain: Vec<Vec<usize>> = (0..8usize)
            .map(|index| match index {
                0 => vec![],
                1 => vec![0],
                _ => vec![0, index - 1],
            })
            .collect();
        let placed = place(&chain, Direction::Right);
        for edge in &placed.edges {
            for (x, y) in along(&edge.path) {
                let hit = placed.nodes.iter().find(|(left, top)| {
                    x > left + 1.0
                        && x < left + NODE_WIDTH - 1.0
                        && y > *top
                        && y < top + NODE_HEIGHT
                });
                assert_eq!(hit, None, "{}", edge.path);
            }
        }
    }

    /// Points on a path of `M` and `C`, close to each other.
    fn along(path: &str) -> Vec<(f64, f64)> {
        let numbers: Vec<f64> = path
            .split(['M', 'C', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        let points: Vec<_> = numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let curves = (0..points.len() / 3).map(|curve| &points[3 * curve..3 * curve + 4]);
        let steps = |curve: &[(f64, f64)], of: fn(&(f64, f64)) -> f64, t: f64| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|point| of(&curve[point]));
            let s = 1.0 - t;
            s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
        };
        curves
            .flat_map(|curve| {
                (0..=20).map(move |step| {
                    let t = f64::from(step) / 20.0;
                    (steps(curve, |p| p.0, t), steps(curve, |p| p.1, t))
                })
            })
            .collect()
    }

    #[test]
    fn boxes_of_a_column_keep_their_distance() {
        let fan: Vec<Vec<usize>> = (0..30usize)
            .map(|index| {
                if index < 10 {
                    vec![]
                } else {
                    vec![index % 10, index % 7]
                }
            })
            .collect();
        let placed = place(&fan, Direction::Right);
        for (index, one) in placed.nodes.iter().enumerate() {
            for other in &placed.nodes[..index] {
                let apart =
                    (one.0 - other.0).abs() > NODE_WIDTH || (one.1 - other.1).abs() > NODE_HEIGHT;
                assert!(apart, "{one:?} {other:?}");
            }
            assert!(one.0 >= MARGIN && one.1 >= MARGIN - 0.5);
            assert!(one.1 + NODE_HEIGHT <= placed.height);
        }
    }

    #[test]
    fn the_arms_of_a_diamond_cross_nothing_and_lie_around_its_ends() {
        let placed = place(&diamond(), Direction::Right);
        let y: Vec<_> = placed.nodes.iter().map(|node| node.1).collect();
        assert_eq!(y[0], y[1]);
        assert_eq!(y[1], y[4]);
        assert!(y[2] < y[1] && y[1] < y[3]);
        assert_eq!(y[1] - y[2], y[3] - y[1]);
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
