//! The list of step types: one file and one line each.

use crate::step::{Registry, RegistryError};

/// Declares the files and registers what they hold.
macro_rules! step_types {
    ($($file:ident::$step:ident),* $(,)?) => {
        $(mod $file;)*

        /// Registers every step type of the product.
        ///
        /// # Errors
        /// Two share a name, or no form can be drawn for one.
        pub(crate) fn register_all(registry: &mut Registry) -> Result<(), RegistryError> {
            $(registry.register::<$file::$step>()?;)*
            Ok(())
        }
    };
}

step_types! {
    command::Command,
    delay::Delay,
    http_request::HttpRequest,
    noop::Noop,
}
