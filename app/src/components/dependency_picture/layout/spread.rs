//! Where in its layer each box and lane lies: as straight on from its neighbours as the order
//! allows.

use super::grid::Grid;

/// Free space between two boxes of a layer, in pixels.
const BOX_GAP: f64 = 20.0;
/// Free space between a lane and what is beside it, in pixels.
const LANE_GAP: f64 = 12.0;
/// How much a line that passes several layers pulls to be straight there.
const STRAIGHT: f64 = 32.0;
/// How often the layers are gone through.
const ROUNDS: usize = 24;

/// The middle of each spot, in pixels across from an arbitrary line. Boxes are `width` wide.
pub fn spread(grid: &Grid, width: f64) -> Vec<f64> {
    let mut middles = vec![0.0; grid.before.len()];
    for layer in &grid.layers {
        let start = vec![(0.0, 1.0); layer.len()];
        settle(&mut middles, &distances(grid, layer, width), layer, &start);
    }
    for round in 0..ROUNDS {
        // At first one side pulls at a time, which carries a shift through the whole picture.
        let is_late = round >= ROUNDS / 2;
        let (before, after) = (is_late || round % 2 == 0, is_late || round % 2 == 1);
        for step in 0..grid.layers.len() {
            let layer = match round % 2 {
                0 => &grid.layers[step],
                _ => &grid.layers[grid.layers.len() - 1 - step],
            };
            let wanted: Vec<_> = layer
                .iter()
                .map(|spot| wanted(&middles, grid, *spot, before, after))
                .collect();
            settle(&mut middles, &distances(grid, layer, width), layer, &wanted);
        }
    }
    middles
}

/// Where a spot would stand best, amid its neighbours on the sides that pull, and how much it
/// matters.
fn wanted(middles: &[f64], grid: &Grid, spot: usize, before: bool, after: bool) -> (f64, f64) {
    let before = grid.before[spot].iter().filter(|_| before);
    let after = grid.after[spot].iter().filter(|_| after);
    let (mut sum, mut weights) = (0.0, 0.0);
    for other in before.chain(after) {
        let is_passing = spot.min(*other) >= grid.boxes;
        let weight = if is_passing { STRAIGHT } else { 1.0 };
        sum += weight * middles[*other];
        weights += weight;
    }
    if weights > 0.0 {
        (sum / weights, weights)
    } else {
        (middles[spot], 1.0)
    }
}

/// Puts a layer's spots as near to where they would stand best as their order and the space
/// between them allow: the weighted sum of the squares of the distances is least. Neighbours that
/// would get too near form a block, which stands at its mean.
fn settle(middles: &mut [f64], distances: &[f64], layer: &[usize], wanted: &[(f64, f64)]) {
    // Of each block: weighted sum, weight, number of spots.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    let mut offset = 0.0;
    for index in 0..layer.len() {
        offset += distances[index];
        offsets.push(offset);
        let (best, weight) = wanted[index];
        let mut block = (weight * (best - offset), weight, 1);
        while let Some(earlier) = blocks.pop() {
            if earlier.0 / earlier.1 <= block.0 / block.1 {
                blocks.push(earlier);
                break;
            }
            block = (
                block.0 + earlier.0,
                block.1 + earlier.1,
                block.2 + earlier.2,
            );
        }
        blocks.push(block);
    }
    let means = blocks
        .iter()
        .flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    for ((spot, offset), mean) in layer.iter().zip(offsets).zip(means) {
        middles[*spot] = mean + offset;
    }
}

/// From the middle of the spot before to the middle of each spot of a layer, at least.
fn distances(grid: &Grid, layer: &[usize], width: f64) -> Vec<f64> {
    let between = layer
        .windows(2)
        .map(|pair| match (pair[0] < grid.boxes, pair[1] < grid.boxes) {
            (true, true) => width + BOX_GAP,
            (false, false) => LANE_GAP,
            _ => width / 2.0 + LANE_GAP,
        });
    std::iter::once(0.0).chain(between).collect()
}
