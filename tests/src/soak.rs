//! How long repeated tests run: short in `make test`, long in `make soak`, which runs the tests of modules called `soak`.

/// `usual` rounds, times `HENGSHU_SOAK` where that is set (`make soak` sets it).
pub fn rounds(usual: u32) -> u32 {
    let factor = std::env::var("HENGSHU_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    usual.saturating_mul(factor)
}
