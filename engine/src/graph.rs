//! Who depends on whom: order, circles, what lies downstream.

use std::collections::VecDeque;

use crate::id::StepIndex;

/// Steps that depend on each other in a circle; the first is repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<StepIndex>);

/// The dependencies of a definition in both directions, without a circle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    dependencies: Vec<Vec<StepIndex>>,
    dependents: Vec<Vec<StepIndex>>,
    order: Vec<StepIndex>,
}

impl Graph {
    /// Builds the graph in time that grows with steps and dependencies only.
    ///
    /// # Errors
    /// The circle, step by step, when there is one.
    pub fn new(dependencies: &[Vec<StepIndex>]) -> Result<Self, Cycle> {
        let mut dependents = vec![Vec::new(); dependencies.len()];
        for (index, list) in dependencies.iter().enumerate() {
            for &upstream in list {
                dependents[upstream].push(index);
            }
        }
        let mut open: Vec<usize> = dependencies.iter().map(Vec::len).collect();
        let mut ready: VecDeque<_> = (0..open.len()).filter(|i| open[*i] == 0).collect();
        let mut order = Vec::with_capacity(open.len());
        while let Some(index) = ready.pop_front() {
            order.push(index);
            for &next in &dependents[index] {
                open[next] -= 1;
                if open[next] == 0 {
                    ready.push_back(next);
                }
            }
        }
        if order.len() < open.len() {
            return Err(find_cycle(dependencies, &open));
        }
        Ok(Self {
            dependencies: dependencies.to_vec(),
            dependents,
            order,
        })
    }

    /// What `index` depends on directly.
    #[must_use]
    pub fn dependencies(&self, index: StepIndex) -> &[StepIndex] {
        self.dependencies.get(index).map_or(&[], Vec::as_slice)
    }

    /// What depends on `index` directly.
    #[must_use]
    pub fn dependents(&self, index: StepIndex) -> &[StepIndex] {
        self.dependents.get(index).map_or(&[], Vec::as_slice)
    }

    /// All steps, each after what it depends on.
    #[must_use]
    pub fn order(&self) -> &[StepIndex] {
        &self.order
    }

    /// Marks `from` and everything that depends on it, directly or not.
    #[must_use]
    pub fn downstream(&self, from: impl IntoIterator<Item = StepIndex>) -> Vec<bool> {
        reach(&self.dependents, from)
    }

    /// Marks `from` and everything it depends on, directly or not.
    #[must_use]
    pub fn upstream(&self, from: impl IntoIterator<Item = StepIndex>) -> Vec<bool> {
        reach(&self.dependencies, from)
    }
}

fn reach(edges: &[Vec<StepIndex>], from: impl IntoIterator<Item = StepIndex>) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut open: Vec<_> = from.into_iter().collect();
    while let Some(index) = open.pop() {
        if !seen[index] {
            seen[index] = true;
            open.extend(&edges[index]);
        }
    }
    seen
}

/// Walks upstream among the steps that never became free until one comes back.
fn find_cycle(dependencies: &[Vec<StepIndex>], open: &[usize]) -> Cycle {
    let stuck = |index: &&StepIndex| open[**index] > 0;
    let mut path = Vec::new();
    let mut place = vec![None; open.len()];
    let mut current = (0..open.len()).find(|i| open[*i] > 0).unwrap_or(0);
    while place[current].is_none() {
        place[current] = Some(path.len());
        path.push(current);
        current = dependencies[current]
            .iter()
            .find(stuck)
            .copied()
            .unwrap_or(current);
    }
    let start = place[current].unwrap_or(0);
    let mut circle: Vec<_> = path[start..].to_vec();
    circle.reverse();
    // Begin at the lowest step, so that the same circle is always told the same way.
    let lowest = circle
        .iter()
        .enumerate()
        .min_by_key(|(_, step)| **step)
        .map_or(0, |(i, _)| i);
    circle.rotate_left(lowest);
    circle.push(circle[0]);
    Cycle(circle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_comes_after_what_it_depends_on() {
        let graph = Graph::new(&[vec![1, 2], vec![2], vec![]]).unwrap();
        assert_eq!(graph.order(), [2, 1, 0]);
        assert_eq!(graph.dependents(2), [0, 1]);
    }

    #[test]
    fn a_circle_is_told_in_the_order_work_would_flow() {
        // 0 → 1 → 2 → 0, and 3 hangs off it.
        let circle = Graph::new(&[vec![2], vec![0], vec![1], vec![2]]).unwrap_err();
        assert_eq!(circle, Cycle(vec![0, 1, 2, 0]));
    }

    #[test]
    fn downstream_of_a_step_is_all_that_waits_for_it() {
        let graph = Graph::new(&[vec![], vec![0], vec![0], vec![1]]).unwrap();
        assert_eq!(graph.downstream([1]), [false, true, false, true]);
        assert_eq!(graph.upstream([3]), [true, true, false, true]);
    }
}
