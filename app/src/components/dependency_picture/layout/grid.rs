//! Boxes and the lanes of long lines, in their layers, with few crossings.

use super::layers::Layers;

/// What stands in the layers. Spots below the number of boxes are the boxes; the others are
/// lanes, on which a line passes a layer. All lines that leave one box share its lanes.
pub struct Grid {
    /// How many spots are boxes.
    pub boxes: usize,
    /// The spots of each layer, in their order.
    pub layers: Vec<Vec<usize>>,
    /// For each spot those in the layer before it that a line joins it to.
    pub before: Vec<Vec<usize>>,
    /// For each spot those in the layer after it that a line joins it to.
    pub after: Vec<Vec<usize>>,
    /// The lanes that lines of each box use, from left to right.
    pub lanes: Vec<Vec<usize>>,
}

/// How often the layers are gone through to get rid of crossings.
const ROUNDS: usize = 24;

impl Grid {
    /// Puts everything into its layer and orders each layer.
    pub fn of(layers: &Layers) -> Self {
        let boxes = layers.of.len();
        let width = layers.of.iter().max().map_or(0, |last| last + 1);
        let mut grid = Self {
            boxes,
            layers: vec![Vec::new(); width],
            before: vec![Vec::new(); boxes],
            after: vec![Vec::new(); boxes],
            lanes: vec![Vec::new(); boxes],
        };
        for (index, layer) in layers.of.iter().enumerate() {
            grid.layers[*layer].push(index);
        }
        for (from, to) in &layers.forward {
            let passed = layers.of[*to] - layers.of[*from] - 1;
            grid.lead(*from, layers.of[*from], passed);
            let lane = passed.checked_sub(1).map(|last| grid.lanes[*from][last]);
            let last = lane.unwrap_or(*from);
            grid.join(last, *to);
        }
        grid.untangle();
        grid
    }

    /// Makes sure that lines from the box `from` in `layer` have lanes through so many layers.
    fn lead(&mut self, from: usize, layer: usize, passed: usize) {
        while self.lanes[from].len() < passed {
            let lane = self.before.len();
            self.before.push(Vec::new());
            self.after.push(Vec::new());
            let last = self.lanes[from].last().copied().unwrap_or(from);
            self.lanes[from].push(lane);
            self.layers[layer + self.lanes[from].len()].push(lane);
            self.join(last, lane);
        }
    }

    fn join(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }

    /// Orders each layer by where its neighbours stand, to and fro, and keeps the best order.
    fn untangle(&mut self) {
        let mut best = self.layers.clone();
        let mut fewest = self.crossings();
        let mut positions = self.positions();
        for round in 0..ROUNDS {
            let forward = round % 2 == 0;
            for step in 1..self.layers.len() {
                let layer = if forward {
                    step
                } else {
                    self.layers.len() - 1 - step
                };
                self.order(&mut positions, layer, forward);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (fewest, best) = (crossings, self.layers.clone());
            }
            if fewest == 0 {
                break;
            }
        }
        self.layers = best;
    }

    /// Orders one layer by the mean position of the neighbours on one side.
    fn order(&mut self, positions: &mut [usize], layer: usize, by_before: bool) {
        let mut keyed: Vec<_> = self.layers[layer]
            .iter()
            .map(|spot| {
                let near = if by_before { &self.before } else { &self.after };
                let near = &near[*spot];
                let sum: usize = near.iter().map(|other| positions[*other]).sum();
                let key = match near.len() {
                    0 => positions[*spot] as f64,
                    count => sum as f64 / count as f64,
                };
                (key, *spot)
            })
            .collect();
        keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (position, (_, spot)) in keyed.iter().enumerate() {
            positions[*spot] = position;
        }
        self.layers[layer] = keyed.into_iter().map(|(_, spot)| spot).collect();
    }

    /// The position of each spot in its layer.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.before.len()];
        for layer in &self.layers {
            for (position, spot) in layer.iter().enumerate() {
                positions[*spot] = position;
            }
        }
        positions
    }

    /// How often lines cross.
    fn crossings(&self) -> usize {
        let positions = self.positions();
        let mut crossings = 0;
        for layer in &self.layers {
            // From the top: a line crosses all earlier ones that end below its own end.
            let mut ends: Vec<usize> = Vec::new();
            for spot in layer {
                let mut own: Vec<_> = self.after[*spot].iter().map(|to| positions[*to]).collect();
                own.sort_unstable();
                for end in &own {
                    crossings += ends.len() - ends.partition_point(|earlier| earlier <= end);
                }
                for end in own {
                    ends.insert(ends.partition_point(|earlier| *earlier <= end), end);
                }
            }
        }
        crossings
    }
}
