// What the viewer uses of three.js 0.187.0 (MIT licence), bundled into three.min.js, which a page carries within it:
//
//   npm install three@0.187.0 esbuild@0.28.2
//   npx esbuild three.entry.js --bundle --minify --format=iife --global-name=THREE --legal-comments=inline \
//     --outfile=three.min.js
export {
  Color, CylinderGeometry, DirectionalLight, DynamicDrawUsage, GridHelper, HemisphereLight, InstancedMesh, Matrix4,
  MeshLambertMaterial, PerspectiveCamera, Quaternion, Raycaster, Scene, SphereGeometry, Vector2, Vector3, WebGLRenderer,
} from "three";
export { OrbitControls } from "three/addons/controls/OrbitControls.js";
