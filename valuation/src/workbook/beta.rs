//! The quantile function of the beta distribution, tabulated once for each distribution.
//!
//! Each half of the probabilities has a table from its own end, so that the distance to either bound keeps its relative
//! precision. A table cuts every octave of the probability into equal segments and holds in each the polynomial of degree
//! five with the exact value, slope and curvature at both ends. Segments are halved until probes in every octave meet 1e-10
//! relative; the tests hold 1e-9 against SciPy.

/// Relative error that the probes must meet.
const PROBED: f64 = 1e-10;
/// Bits of the first and of the finest cut of an octave.
const FIRST_CUT: u32 = 4;
const FINEST_CUT: u32 = 9;
/// Biased exponent of 2^-53, the least uniform number.
const LOWEST: u64 = 1023 - 53;
const OCTAVES: usize = 53;

/// Quantiles of a beta distribution on [0, 1].
#[derive(Clone, Debug)]
pub(crate) struct BetaTable {
    low: Half,
    high: Half,
}

#[derive(Clone, Debug)]
struct Half {
    cut: u32,
    segments: Vec<[f64; 6]>,
}

impl BetaTable {
    pub fn new(alpha: f64, beta: f64) -> BetaTable {
        BetaTable { low: Half::new(alpha, beta), high: Half::new(beta, alpha) }
    }

    /// Turns uniform numbers into `low + width·quantile`.
    pub fn quantiles(&self, u: &mut [f64], low: f64, width: f64) {
        let high = low + width;
        for u in u {
            *u = if *u < 0.5 { low + width * self.low.at(*u) } else { high - width * self.high.at(1.0 - *u) };
        }
    }
}

impl Half {
    fn new(alpha: f64, beta: f64) -> Half {
        let curve = Curve::new(alpha, beta);
        let mut cut = FIRST_CUT;
        loop {
            let half = Half { cut, segments: curve.segments(cut) };
            if cut == FINEST_CUT || half.meets(&curve) {
                return half;
            }
            cut += 1;
        }
    }

    #[inline(always)]
    fn at(&self, v: f64) -> f64 {
        let bits = v.to_bits();
        let index = ((bits >> (52 - self.cut)) - (LOWEST << self.cut)) as usize;
        let t = f64::from_bits(0x3ff0_0000_0000_0000 | ((bits << self.cut) & 0x000f_ffff_ffff_ffff)) - 1.0;
        let c = &self.segments[index];
        ((((c[5] * t + c[4]) * t + c[3]) * t + c[2]) * t + c[1]) * t + c[0]
    }

    /// Probes one segment of every octave off its middle, where the error is large.
    fn meets(&self, curve: &Curve) -> bool {
        let mut x = curve.start();
        (0..OCTAVES - 1).rev().all(|octave| {
            let v = libm::exp2(octave as f64 - 53.0) * (1.0 + 0.37 / f64::from(1u32 << self.cut));
            x = curve.quantile(v, x);
            (self.at(v) - x).abs() <= PROBED * x + f64::MIN_POSITIVE
        })
    }
}

/// The distribution function and its inverse near 0.
struct Curve {
    alpha: f64,
    beta: f64,
    ln_beta: f64,
}

impl Curve {
    fn new(alpha: f64, beta: f64) -> Curve {
        let ln_beta = libm::lgamma(alpha) + libm::lgamma(beta) - libm::lgamma(alpha + beta);
        Curve { alpha, beta, ln_beta }
    }

    fn start(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// Logarithm of x·density, which is what the power laws at both ends leave finite.
    fn ln_weight(&self, x: f64) -> f64 {
        self.alpha * libm::log(x) + self.beta * libm::log1p(-x) - self.ln_beta
    }

    /// The regularised incomplete beta function.
    ///
    /// Source: DLMF 8.17.22 (continued fraction), evaluated by the modified Lentz method.
    fn probability(&self, x: f64) -> f64 {
        let weight = libm::exp(self.ln_weight(x));
        if x < (self.alpha + 1.0) / (self.alpha + self.beta + 2.0) {
            weight * fraction(self.alpha, self.beta, x) / self.alpha
        } else {
            1.0 - weight * fraction(self.beta, self.alpha, 1.0 - x) / self.beta
        }
    }

    /// The quantile of `v`, sought from `near` by Newton steps on the logarithms (there the function is concave).
    fn quantile(&self, v: f64, near: f64) -> f64 {
        let mut w = libm::log(near);
        for _ in 0..100 {
            let x = libm::exp(w);
            let p = self.probability(x);
            let slope = libm::exp(self.ln_weight(x)) / (1.0 - x) / p;
            let next = w - (libm::log(p) - libm::log(v)) / slope;
            let next = if next < 0.0 { next } else { 0.5 * w };
            let done = (next - w).abs() <= 1e-15 * next.abs().max(1.0);
            w = next;
            if done || !w.is_finite() {
                break;
            }
        }
        libm::exp(w)
    }

    /// Value, slope and curvature of the quantile function at `v`.
    fn node(&self, v: f64, near: f64) -> [f64; 3] {
        let x = self.quantile(v, near);
        let density = libm::exp(self.ln_weight(x)) / (x * (1.0 - x));
        let bend = (self.alpha - 1.0) / x - (self.beta - 1.0) / (1.0 - x);
        [x, 1.0 / density, -bend / (density * density)]
    }

    fn segments(&self, cut: u32) -> Vec<[f64; 6]> {
        let pieces = 1usize << cut;
        // From the middle outwards each node starts the search for the next; one more segment holds v = 1/2 itself.
        let boundary = |index: usize| {
            let octave = libm::exp2((index / pieces) as f64 - 53.0);
            octave * (1.0 + (index % pieces) as f64 / pieces as f64)
        };
        let last = (OCTAVES - 1) * pieces;
        let mut near = self.start();
        let mut nodes = vec![[0.0; 3]; last + 2];
        for index in (0..nodes.len()).rev() {
            nodes[index] = self.node(boundary(index), near);
            near = nodes[index][0].max(f64::MIN_POSITIVE);
        }
        (0..=last).map(|index| quintic(nodes[index], nodes[index + 1], boundary(index + 1) - boundary(index))).collect()
    }
}

/// Coefficients, in the fraction of the segment, of the polynomial that meets both nodes.
fn quintic(a: [f64; 3], b: [f64; 3], width: f64) -> [f64; 6] {
    let (f0, d0, s0) = (a[0], a[1] * width, a[2] * width * width * 0.5);
    let (f1, d1, s1) = (b[0], b[1] * width, b[2] * width * width * 0.5);
    let (rise, slope, bend) = (f1 - f0 - d0 - s0, d1 - d0 - 2.0 * s0, s1 - s0);
    [
        f0,
        d0,
        s0,
        10.0 * rise - 4.0 * slope + bend,
        -15.0 * rise + 7.0 * slope - 2.0 * bend,
        6.0 * rise - 3.0 * slope + bend,
    ]
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let hold = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / hold(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / hold(1.0 + even * d);
        c = hold(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / hold(1.0 + odd * d);
        c = hold(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_scipy() {
        for (alpha, beta, u, expected, complement) in BETA_QUANTILES {
            let table = BetaTable::new(alpha, beta);
            let mut x = [u];
            table.quantiles(&mut x, 0.0, 1.0);
            assert!((x[0] / expected - 1.0).abs() < 1e-9, "{alpha} {beta} {u}: {} {expected}", x[0]);
            if u > 0.5 {
                // From the other end: 1 − x keeps its relative precision as well.
                let far = table.high.at(1.0 - u);
                assert!((far / complement - 1.0).abs() < 1e-9, "{alpha} {beta} {u}: {far} {complement}");
            }
        }
    }

    #[test]
    fn quantiles_rise_with_the_probability() {
        for (alpha, beta) in [(1.0, 5.0), (3.0, 3.0), (0.5, 0.5), (40.0, 2.5), (300.0, 700.0), (0.2, 3.0)] {
            let table = BetaTable::new(alpha, beta);
            let mut u: Vec<f64> = (0..52 * 64).map(|i| libm::exp2(f64::from(i) / 64.0 - 53.0)).collect();
            let upper: Vec<f64> = u.iter().rev().map(|v| 1.0 - v).collect();
            u.extend(upper);
            table.quantiles(&mut u, 2.0, 3.0);
            assert!(u.windows(2).all(|w| w[0] <= w[1]), "{alpha} {beta}");
            assert!(u.iter().all(|x| (2.0..=5.0).contains(x)));
        }
    }

    // alpha, beta, u, quantile, 1 - quantile by scipy 1.17.1 (betaincinv(a, b, u), betaincinv(b, a, 1 - u)).
    #[rustfmt::skip]
    const BETA_QUANTILES: [(f64, f64, f64, f64, f64); 104] = [
        (1.8, 4.2, 3.3306690738754696e-16, 7.332256977250042e-10, 0.9999999992667743),
        (1.8, 4.2, 1e-12, 6.268514882381161e-08, 0.9999999373156215),
        (1.8, 4.2, 1e-06, 0.00013507189926888286, 0.9998649281007289),
        (1.8, 4.2, 0.001, 0.006313974167847011, 0.9936860258321529),
        (1.8, 4.2, 0.0307, 0.04420855573468814, 0.9557914442653119),
        (1.8, 4.2, 0.1, 0.08990213045924167, 0.9100978695407583),
        (1.8, 4.2, 0.2501, 0.16347688539756838, 0.8365231146024317),
        (1.8, 4.2, 0.49, 0.2719447569491682, 0.7280552430508318),
        (1.8, 4.2, 0.51, 0.2814342627184459, 0.7185657372815542),
        (1.8, 4.2, 0.77, 0.42805861263519485, 0.5719413873648052),
        (1.8, 4.2, 0.9, 0.545334050433582, 0.4546659495664181),
        (1.8, 4.2, 0.999, 0.8575515687386785, 0.14244843126132148),
        (1.8, 4.2, 0.9999990463256836, 0.97332202395701, 0.026677976042990065),
        (3.0, 3.0, 3.3306690738754696e-16, 3.217445458044692e-06, 0.9999967825545419),
        (3.0, 3.0, 1e-12, 4.6416965608476333e-05, 0.9999535833766764),
        (3.0, 3.0, 1e-06, 0.004652416361586582, 0.9953475836383687),
        (3.0, 3.0, 0.001, 0.04755189817545767, 0.9524481018245423),
        (3.0, 3.0, 0.0307, 0.15802656086462144, 0.8419734391353787),
        (3.0, 3.0, 0.1, 0.2466364532884666, 0.7533635467115334),
        (3.0, 3.0, 0.2501, 0.3594990396501816, 0.6405009603498184),
        (3.0, 3.0, 0.49, 0.49466626204518954, 0.5053337379548104),
        (3.0, 3.0, 0.51, 0.5053337379548104, 0.49466626204518954),
        (3.0, 3.0, 0.77, 0.6533441428025891, 0.3466558571974109),
        (3.0, 3.0, 0.9, 0.7533635467115334, 0.24663645328846656),
        (3.0, 3.0, 0.999, 0.9524481018245423, 0.047551898175457685),
        (3.0, 3.0, 0.9999990463256836, 0.9954207326342873, 0.004579267365712712),
        (1.0, 5.0, 3.3306690738754696e-16, 6.66133814775094e-17, 0.9999999999999999),
        (1.0, 5.0, 1e-12, 2.0000000000008e-13, 0.9999999999998),
        (1.0, 5.0, 1e-06, 2.0000008000004803e-07, 0.99999979999992),
        (1.0, 5.0, 0.001, 0.00020008004803362555, 0.9997999199519664),
        (1.0, 5.0, 0.0307, 0.006216818613647918, 0.9937831813863521),
        (1.0, 5.0, 0.1, 0.020851637639023212, 0.9791483623609768),
        (1.0, 5.0, 0.2501, 0.055937665714875545, 0.9440623342851244),
        (1.0, 5.0, 0.49, 0.12599476238736282, 0.8740052376126372),
        (1.0, 5.0, 0.51, 0.1329598356188766, 0.8670401643811234),
        (1.0, 5.0, 0.77, 0.25467520861214654, 0.7453247913878535),
        (1.0, 5.0, 0.9, 0.36904265551980675, 0.6309573444801932),
        (1.0, 5.0, 0.999, 0.748811356849042, 0.251188643150958),
        (1.0, 5.0, 0.9999990463256836, 0.9375, 0.06249999999999999),
        (0.5, 0.5, 3.3306690738754696e-16, 2.7371759983652227e-31, 1.0),
        (0.5, 0.5, 1e-12, 2.4674011002723395e-24, 1.0),
        (0.5, 0.5, 1e-06, 2.46740110027031e-12, 0.9999999999975326),
        (0.5, 0.5, 0.001, 2.4673990709169446e-06, 0.999997532600929),
        (0.5, 0.5, 0.0307, 0.002323698770423903, 0.997676301229576),
        (0.5, 0.5, 0.1, 0.024471741852423214, 0.9755282581475768),
        (0.5, 0.5, 0.2501, 0.14655769892551346, 0.8534423010744865),
        (0.5, 0.5, 0.49, 0.48429462046093585, 0.5157053795390641),
        (0.5, 0.5, 0.51, 0.5157053795390641, 0.48429462046093585),
        (0.5, 0.5, 0.77, 0.8750555348152299, 0.1249444651847702),
        (0.5, 0.5, 0.9, 0.9755282581475768, 0.024471741852423207),
        (0.5, 0.5, 0.999, 0.999997532600929, 2.4673990709169484e-06),
        (0.5, 0.5, 0.9999990463256836, 0.999999999997756, 2.244088227844708e-12),
        (0.3, 2.0, 3.3306690738754696e-16, 1.0681373645595056e-52, 1.0),
        (0.3, 2.0, 1e-12, 4.170506723141449e-41, 1.0),
        (0.3, 2.0, 1e-06, 4.170506723141455e-21, 1.0),
        (0.3, 2.0, 0.001, 4.1705067232752546e-11, 0.9999999999582949),
        (0.3, 2.0, 0.0307, 3.7784876424143115e-06, 0.9999962215123576),
        (0.3, 2.0, 0.1, 0.000193606606338892, 0.9998063933936611),
        (0.3, 2.0, 0.2501, 0.004123627036615585, 0.9958763729633844),
        (0.3, 2.0, 0.49, 0.03989312146145483, 0.9601068785385451),
        (0.3, 2.0, 0.51, 0.04579335499023392, 0.954206645009766),
        (0.3, 2.0, 0.77, 0.20512931363923148, 0.7948706863607685),
        (0.3, 2.0, 0.9, 0.40822369358398575, 0.5917763064160142),
        (0.3, 2.0, 0.999, 0.9295897473002619, 0.07041025269973814),
        (0.3, 2.0, 0.9999990463256836, 0.9977896627031488, 0.0022103372968511237),
        (40.0, 2.5, 3.3306690738754696e-16, 0.3653880824357988, 0.6346119175642012),
        (40.0, 2.5, 1e-12, 0.4486290183993796, 0.5513712371711862),
        (40.0, 2.5, 1e-06, 0.6435850079415031, 0.356414992058003),
        (40.0, 2.5, 0.001, 0.7773627004064714, 0.22263729959352863),
        (40.0, 2.5, 0.0307, 0.8596956883405132, 0.1403043116594869),
        (40.0, 2.5, 0.1, 0.8928254573778988, 0.10717454262210131),
        (40.0, 2.5, 0.2501, 0.9219146070900599, 0.07808539290994013),
        (40.0, 2.5, 0.49, 0.9471437666189264, 0.05285623338107359),
        (40.0, 2.5, 0.51, 0.9488420928521387, 0.05115790714786127),
        (40.0, 2.5, 0.77, 0.9692734358473492, 0.030726564152650803),
        (40.0, 2.5, 0.9, 0.9804323975192069, 0.019567602480793166),
        (40.0, 2.5, 0.999, 0.9974236786222189, 0.002576321377781122),
        (40.0, 2.5, 0.9999990463256836, 0.999844735777132, 0.000155264222868054),
        (300.0, 700.0, 3.3306690738754696e-16, 0.19307300501740282, 0.8069269949825972),
        (300.0, 700.0, 1e-12, 0.20556585617861975, 0.7944341814161964),
        (300.0, 700.0, 1e-06, 0.23432612992469437, 0.7656738700752299),
        (300.0, 700.0, 0.001, 0.2564491988005019, 0.7435508011994981),
        (300.0, 700.0, 0.0307, 0.2732445838090082, 0.7267554161909919),
        (300.0, 700.0, 0.1, 0.28151941741064423, 0.7184805825893558),
        (300.0, 700.0, 0.2501, 0.2901575878280465, 0.7098424121719535),
        (300.0, 700.0, 0.49, 0.2995033834093764, 0.7004966165906237),
        (300.0, 700.0, 0.51, 0.30023002317557773, 0.6997699768244223),
        (300.0, 700.0, 0.77, 0.3106461451725004, 0.6893538548274996),
        (300.0, 700.0, 0.9, 0.3186521266739313, 0.6813478733260687),
        (300.0, 700.0, 0.999, 0.3458263407183284, 0.6541736592816716),
        (300.0, 700.0, 0.9999990463256836, 0.3715469086342681, 0.6284530913657319),
        (2.0, 1.0, 3.3306690738754696e-16, 1.8250120749944284e-08, 0.9999999817498793),
        (2.0, 1.0, 1e-12, 1e-06, 0.9999990000110609),
        (2.0, 1.0, 1e-06, 0.001, 0.9989999999999857),
        (2.0, 1.0, 0.001, 0.03162277660168379, 0.9683772233983162),
        (2.0, 1.0, 0.0307, 0.17521415467935234, 0.8247858453206478),
        (2.0, 1.0, 0.1, 0.31622776601683794, 0.6837722339831621),
        (2.0, 1.0, 0.2501, 0.5000999900019995, 0.4999000099980005),
        (2.0, 1.0, 0.49, 0.7, 0.30000000000000004),
        (2.0, 1.0, 0.51, 0.714142842854285, 0.285857157145715),
        (2.0, 1.0, 0.77, 0.8774964387392122, 0.12250356126078779),
        (2.0, 1.0, 0.9, 0.9486832980505138, 0.05131670194948619),
        (2.0, 1.0, 0.999, 0.999499874937461, 0.0005001250625390903),
        (2.0, 1.0, 0.9999990463256836, 0.9999995231627281, 4.768372718900169e-07),
    ];
}
