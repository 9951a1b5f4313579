//! The names that the service derives from texts: `uniqueString` and `guid`.
//!
//! Source: independent re-implementations that were made from the service's published library, whose results are the tests here.

use uuid::Uuid;

/// The namespace of the ids that `guid` gives.
const NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// Thirteen characters of `a-z2-7`, the same for the same text: a hash of 64 bits in base 32, the highest bits first.
pub(crate) fn unique_string(text: &str) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = hash(text.as_bytes());
    (0..13)
        .map(|digit| {
            let shifted = hash.unbounded_shl(5 * digit);
            char::from(DIGITS[usize::from((shifted >> 59).to_le_bytes()[0])])
        })
        .collect()
}

/// The id of a text: of version 5, in the service's namespace.
pub(crate) fn guid(text: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

/// A hash of two lanes of 32 bits in the manner of MurmurHash3, over blocks of eight bytes.
fn hash(bytes: &[u8]) -> u64 {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (mut low, mut high) = (0_u32, 0_u32);
    let mut blocks = bytes.chunks_exact(8);
    for block in &mut blocks {
        low = (low ^ stirred_low(word(&block[..4]))).rotate_left(19).wrapping_add(high);
        low = low.wrapping_mul(5).wrapping_add(0x561c_cd1b);
        high = (high ^ stirred_high(word(&block[4..]))).rotate_left(13).wrapping_add(low);
        high = high.wrapping_mul(5).wrapping_add(0x0bca_a747);
    }
    let rest = blocks.remainder();
    low ^= stirred_low(word(&rest[..rest.len().min(4)]));
    high ^= stirred_high(word(&rest[rest.len().min(4)..]));

    low ^= length;
    high ^= length;
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    low = finished(low);
    high = finished(high);
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    u64::from(high) << 32 | u64::from(low)
}

/// Up to four bytes, the lowest first; no byte is zero, which changes nothing.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

const LOW: u32 = 0x239b_961b;
const HIGH: u32 = 0xab0e_9789;

fn stirred_low(word: u32) -> u32 {
    word.wrapping_mul(LOW).rotate_left(15).wrapping_mul(HIGH)
}

fn stirred_high(word: u32) -> u32 {
    word.wrapping_mul(HIGH).rotate_left(17).wrapping_mul(LOW)
}

fn finished(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

#[cfg(test)]
mod tests {
    use super::{guid, unique_string};

    #[test]
    fn unique_strings_are_the_services() {
        let check = |text: &str, expected: &str| assert_eq!(unique_string(text), expected, "{text}");
        check("test", "rbgf3xv4ufgzg");
        check("hello-world", "a7wkljktk6wne");
        check("abc", "cgtzqvhu4i23s");
        check("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg", "bmg7c6xu4tw46");
        check("foo-bar-baz", "xzi4ioaxtmth4");
        check(
            "/subscriptions/31e9f9a0-9fd2-4294-a0a3-0101246d9700/resourceGroups/rg-modm201-20230913120256/providers/Microsoft.Compute/virtualMachines/bobjacmodm201",
            "yvjxno3je5on2",
        );
    }

    #[test]
    fn guids_are_name_based() {
        let id = guid("a");
        assert_eq!((id.get_version_num(), id), (5, uuid::Uuid::new_v5(&super::NAMESPACE, b"a")));
    }
}
