/** What `ip -j` and `bridge -j` print, as far as it is read here. Fields that are not named are let through unread. */
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const linksJson = v.array(
  v.object({
    ifname: v.optional(v.string()),
    link: v.nullish(v.string()),
    flags: v.optional(v.array(v.string()), []),
    mtu: v.optional(whole, 0),
    address: v.optional(v.string()),
    master: v.optional(v.string()),
    linkinfo: v.optional(
      v.object({
        info_kind: v.optional(v.string()),
        info_data: v.optional(v.unknown()),
        info_slave_kind: v.optional(v.string()),
        info_slave_data: v.optional(v.unknown()),
      }),
    ),
  }),
);
export type LinkJson = v.InferOutput<typeof linksJson>[number];

export const tunJson = v.object({ type: v.picklist(['tap', 'tun']) });

export const bridgePortJson = v.object({ hairpin: v.optional(v.boolean(), false) });

export const vxlanJson = v.object({
  id: whole,
  port: whole,
  link: v.optional(v.string(), ''),
  local: v.optional(v.string()),
  local6: v.optional(v.string()),
  learning: v.optional(v.boolean(), false),
  gbp: v.optional(v.boolean(), false),
});

export const addressesJson = v.array(
  v.object({
    ifname: v.optional(v.string()),
    addr_info: v.optional(
      v.array(
        v.object({
          local: v.optional(v.string()),
          prefixlen: v.optional(whole),
          scope: v.optional(v.string()),
          dynamic: v.optional(v.boolean(), false),
        }),
      ),
      [],
    ),
  }),
);

export const routesJson = v.array(
  v.object({
    type: v.optional(v.string(), 'unicast'),
    dst: v.string(),
    gateway: v.optional(v.string()),
    dev: v.optional(v.string()),
    /** A number, because of `-N`; iproute2 leaves boot's out. */
    protocol: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/)), '3'),
    metric: v.optional(whole),
    flags: v.optional(v.array(v.string()), []),
  }),
);
export type RouteJson = v.InferOutput<typeof routesJson>[number];

export const neighborsJson = v.array(
  v.object({
    dst: v.optional(v.string()),
    dev: v.optional(v.string()),
    lladdr: v.optional(v.string()),
    state: v.optional(v.array(v.string()), []),
  }),
);

export const fdbJson = v.array(
  v.object({
    mac: v.optional(v.string()),
    ifname: v.optional(v.string()),
    dst: v.optional(v.string()),
    flags: v.optional(v.array(v.string()), []),
    state: v.optional(v.string()),
  }),
);
