//! Chance as a value: the caller draws a seed, and everything a decider draws follows from it (D1).

use jackdaw_base::Uuid;

/// Random numbers from a seed (xoshiro256++). Not for secrets.
#[derive(Clone, Debug)]
pub struct Chance {
    state: [u64; 4],
}

impl Chance {
    /// Numbers that follow from `seed`.
    pub fn new(seed: [u64; 4]) -> Self {
        // A state of zeros would stay there; mixing also spreads seeds that differ in few bits.
        let mut mixer = 0x9e37_79b9_7f4a_7c15u64;
        let state = seed.map(|word| {
            mixer = mixer.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = word ^ mixer;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        let state = if state == [0; 4] { [1, 2, 3, 4] } else { state };
        Self { state }
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// An id that Kafka could have drawn.
    pub fn uuid(&mut self) -> Uuid {
        loop {
            let mut bits = [0; 16];
            bits[..8].copy_from_slice(&self.next_u64().to_be_bytes());
            bits[8..].copy_from_slice(&self.next_u64().to_be_bytes());
            if let Some(id) = Uuid::random_from(bits) {
                return id;
            }
        }
    }
}
