//! How large a value is as JSON, without writing it down.

use std::io;

use serde::Serialize;

use super::bounds;

/// The bytes of a value as JSON. It looks no further than `limit`.
///
/// # Errors
/// A sentence: there are more than `limit`, or it is no JSON value.
pub(super) fn within<T: Serialize + ?Sized>(value: &T, limit: usize) -> Result<usize, String> {
    let mut counted = Counter { left: limit };
    match serde_json::to_writer(&mut counted, value) {
        Ok(()) => Ok(limit - counted.left),
        Err(fault) if fault.is_io() => Err(bounds::too_large()),
        Err(fault) => Err(format!("it gives no JSON value: {fault}")),
    }
}

struct Counter {
    left: usize,
}

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(bytes.len()) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_measured_up_to_the_limit() {
        let value = json!({"a": [1, "ä"]});
        assert_eq!(within(&value, 14), Ok(14));
        assert_eq!(within(&value, 13), Err(bounds::too_large()));
    }
}
