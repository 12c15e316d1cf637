//! Chance by seed.

/// `SplitMix64`: one number in, an endless stream of numbers out.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        // Seeds are small and close together; one multiplication sets them far apart.
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// 0 to `sides` - 1.
    pub const fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// True `percent` times in a hundred.
    pub const fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}
