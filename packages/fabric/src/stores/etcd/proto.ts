/**
 * The part of etcd's gRPC API that the store speaks (api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto): messages with their
 * field numbers, and services. As protobufjs' JSON, so that no .proto file has to be found and parsed at run time.
 */
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

type Fields = Record<string, readonly [number, string] | readonly [number, string, 'repeated']>;

const message = (fields: Fields, ...oneof: readonly string[]) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [name, { id, type, ...(rule && { rule }) }]),
  ),
  ...(oneof.length > 0 && { oneofs: { operation: { oneof } } }),
});

const method = (requestType: string, responseType = requestType.replace('Request', 'Response')) => ({
  requestType,
  responseType,
});

const HEADER = { header: [1, 'ResponseHeader'] } as const;

const MVCC = {
  KeyValue: message({
    key: [1, 'bytes'],
    mod_revision: [3, 'int64'],
    version: [4, 'int64'],
    value: [5, 'bytes'],
    lease: [6, 'int64'],
  }),
  Event: {
    ...message({ type: [1, 'EventType'], kv: [2, 'KeyValue'] }),
    nested: { EventType: { values: { PUT: 0, DELETE: 1 } } },
  },
};

const SERVER = {
  ResponseHeader: message({ member_id: [2, 'uint64'], revision: [3, 'int64'] }),
  RangeRequest: message({ key: [1, 'bytes'], range_end: [2, 'bytes'] }),
  RangeResponse: message({ ...HEADER, kvs: [2, 'mvccpb.KeyValue', 'repeated'] }),
  PutRequest: message({ key: [1, 'bytes'], value: [2, 'bytes'], lease: [3, 'int64'] }),
  PutResponse: message(HEADER),
  DeleteRangeRequest: message({ key: [1, 'bytes'], range_end: [2, 'bytes'] }),
  DeleteRangeResponse: message({ ...HEADER, deleted: [2, 'int64'] }),
  RequestOp: message(
    { request_put: [2, 'PutRequest'], request_delete_range: [3, 'DeleteRangeRequest'] },
    'request_put',
    'request_delete_range',
  ),
  Compare: {
    ...message({
      result: [1, 'CompareResult'],
      target: [2, 'CompareTarget'],
      key: [3, 'bytes'],
      mod_revision: [6, 'int64'],
      range_end: [64, 'bytes'],
    }),
    nested: {
      CompareResult: { values: { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 } },
      CompareTarget: { values: { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3, LEASE: 4 } },
    },
  },
  TxnRequest: message({ compare: [1, 'Compare', 'repeated'], success: [2, 'RequestOp', 'repeated'] }),
  TxnResponse: message({ ...HEADER, succeeded: [2, 'bool'] }),
  WatchCreateRequest: message({
    key: [1, 'bytes'],
    range_end: [2, 'bytes'],
    start_revision: [3, 'int64'],
  }),
  WatchRequest: message({ create_request: [1, 'WatchCreateRequest'] }, 'create_request'),
  WatchResponse: message({
    ...HEADER,
    created: [3, 'bool'],
    canceled: [4, 'bool'],
    compact_revision: [5, 'int64'],
    cancel_reason: [6, 'string'],
    events: [11, 'mvccpb.Event', 'repeated'],
  }),
  LeaseGrantRequest: message({ TTL: [1, 'int64'] }),
  LeaseGrantResponse: message({ ...HEADER, ID: [2, 'int64'], TTL: [3, 'int64'] }),
  LeaseRevokeRequest: message({ ID: [1, 'int64'] }),
  LeaseRevokeResponse: message(HEADER),
  LeaseTimeToLiveRequest: message({ ID: [1, 'int64'], keys: [2, 'bool'] }),
  LeaseTimeToLiveResponse: message({
    ...HEADER,
    ID: [2, 'int64'],
    TTL: [3, 'int64'],
    keys: [5, 'bytes', 'repeated'],
  }),
  AuthenticateRequest: message({ name: [1, 'string'], password: [2, 'string'] }),
  AuthenticateResponse: message({ ...HEADER, token: [2, 'string'] }),
  KV: { methods: { Range: method('RangeRequest'), Txn: method('TxnRequest') } },
  Lease: {
    methods: {
      LeaseGrant: method('LeaseGrantRequest'),
      LeaseRevoke: method('LeaseRevokeRequest'),
      LeaseTimeToLive: method('LeaseTimeToLiveRequest'),
    },
  },
  Watch: {
    methods: { Watch: { ...method('WatchRequest'), requestStream: true, responseStream: true } },
  },
  Auth: { methods: { Authenticate: method('AuthenticateRequest') } },
};

/** int64 comes and goes as decimal text: lease ids use all 63 bits. */
export const ETCD_PROTO: PackageDefinition = fromJSON(
  { nested: { mvccpb: { nested: MVCC }, etcdserverpb: { nested: SERVER } } } as never,
  { keepCase: true, longs: String, defaults: true, enums: String },
);

/** What a unary call takes and gives; requests may leave out every field. */
export interface EtcdCalls {
  'KV/Range': [KeyRange, { header: Header; kvs: KeyValue[] }];
  'KV/Txn': [{ compare: Compare[]; success: Operation[] }, { header: Header; succeeded: boolean }];
  'Lease/LeaseGrant': [{ TTL: number }, { ID: string; TTL: string }];
  'Lease/LeaseRevoke': [{ ID: string }, unknown];
  'Lease/LeaseTimeToLive': [{ ID: string; keys?: boolean }, { TTL: string; keys: Buffer[] }];
  'Auth/Authenticate': [{ name: string; password: string }, { token: string }];
}

/** One key, or all from `key` up to and without `range_end`. */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end?: Buffer;
}

export interface Header {
  readonly revision: string;
}

export interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: string;
  /** '0': without a lease. */
  readonly lease: string;
}

export interface Compare extends KeyRange {
  readonly result: 'EQUAL' | 'LESS';
  readonly target: 'MOD';
  readonly mod_revision: string;
}

export type Operation =
  | { readonly request_put: { readonly key: Buffer; readonly value: Buffer; readonly lease: string } }
  | { readonly request_delete_range: KeyRange };

export interface WatchResponse {
  readonly header: Header;
  readonly canceled: boolean;
  /** Above '0': what was asked for is compacted away. */
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly events: readonly { readonly type: 'PUT' | 'DELETE'; readonly kv: KeyValue }[];
}
