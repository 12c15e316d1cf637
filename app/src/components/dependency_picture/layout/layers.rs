//! Which layer each box lies in: behind all that it waits for, and no further than needed.

/// The boxes in an order in which each comes after those it waits for, and their layers.
pub struct Layers {
    /// The layer of each box.
    pub of: Vec<usize>,
    /// The pairs that lead forward, as from and to. In a circle one does not.
    pub forward: Vec<(usize, usize)>,
}

/// Finds the layers of `count` boxes with these lines between them, each as from and to.
pub fn layers(count: usize, pairs: &[(usize, usize)]) -> Layers {
    let order = order(count, pairs);
    let mut place = vec![0; count];
    for (position, index) in order.iter().enumerate() {
        place[*index] = position;
    }
    let forward: Vec<_> = pairs
        .iter()
        .copied()
        .filter(|(from, to)| place[*from] < place[*to])
        .collect();
    let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, to) in &forward {
        before[*to].push(*from);
        after[*from].push(*to);
    }
    let mut of = vec![0; count];
    for index in &order {
        let last = before[*index].iter().map(|from| of[*from] + 1).max();
        of[*index] = last.unwrap_or(0);
    }
    // What more boxes wait for than it waits for itself stands near them: its lines get short.
    for index in order.iter().rev() {
        let first = after[*index].iter().map(|to| of[*to] - 1).min();
        if let Some(first) = first.filter(|_| after[*index].len() > before[*index].len()) {
            of[*index] = first;
        }
    }
    Layers { of, forward }
}

/// Every box after those it waits for. A circle is entered at its first box.
fn order(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut waits = vec![0usize; count];
    let mut after = vec![Vec::new(); count];
    for (from, to) in pairs {
        waits[*to] += 1;
        after[*from].push(*to);
    }
    let mut left: Vec<usize> = (0..count).collect();
    let mut order = Vec::with_capacity(count);
    while !left.is_empty() {
        let next = left.iter().position(|index| waits[*index] == 0);
        let index = left.remove(next.unwrap_or(0));
        for to in &after[index] {
            waits[*to] = waits[*to].saturating_sub(1);
        }
        order.push(index);
    }
    order
}
