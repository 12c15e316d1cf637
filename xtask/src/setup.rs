//! What a machine must have, brought when missing.

pub mod apt;
pub mod c_compiler;
pub mod chromium;
pub mod clippy;
pub mod debian_rust;
pub mod llvm_cov;
pub mod node;
pub mod npm;
pub mod wasm_target;
